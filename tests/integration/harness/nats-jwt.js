// An operator, an account and users as `nsc` would make them (JWTs of NATS, version 2): prints
// {"config": for nats-server.conf, "users": {NKEY: JWT}} for the users' claims on the command line.
// With "new": true a key is made, and "creds" has the file for it.
"use strict";
const { createHash } = require("crypto");
const { createOperator, createAccount, createUser } = require(`${process.env.NPM_MODULES}/nkeys.js`);

const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function base32(bytes) {
    let bits = "";
    for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
    return bits.match(/.{1,5}/g).map((five) => alphabet[parseInt(five.padEnd(5, "0"), 2)]).join("");
}

function sign(issuer, subject, name, nats) {
    const claims = { iat: Math.floor(Date.now() / 1000), iss: issuer.getPublicKey(), name, sub: subject, nats };
    claims.jti = base32(createHash("sha512-256").update(JSON.stringify(claims)).digest());
    const text = `${base64url(JSON.stringify({ typ: "JWT", alg: "ed25519-nkey" }))}.${base64url(JSON.stringify(claims))}`;
    return `${text}.${base64url(issuer.sign(Buffer.from(text)))}`;
}

const unlimited = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
const operator = createOperator(), account = createAccount();
const accountKey = account.getPublicKey();
const operatorJwt = sign(operator, operator.getPublicKey(), "o", { type: "operator", version: 2 });
const accountJwt = sign(operator, accountKey, "a", { type: "account", version: 2, limits: unlimited });
const users = {}, creds = [];

for (const wanted of JSON.parse(process.argv[2])) {
    const made = wanted.new ? createUser() : null;
    const nkey = made ? made.getPublicKey() : wanted.nkey;
    users[nkey] = sign(account, nkey, "u", { type: "user", version: 2, subs: -1, data: -1, payload: -1,
        pub: wanted.pub || {}, sub: wanted.sub || {} });
    if (made)
        creds.push(`-----BEGIN NATS USER JWT-----\n${users[nkey]}\n------END NATS USER JWT------\n\n` +
            `-----BEGIN USER NKEY SEED-----\n${Buffer.from(made.getSeed())}\n------END USER NKEY SEED------\n`);
}
console.log(JSON.stringify({ users, creds,
    config: `operator: ${operatorJwt}\nresolver: MEMORY\nresolver_preload: { ${accountKey}: ${accountJwt} }\n` }));
