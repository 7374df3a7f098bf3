// A client of NATS as others have it (npm's "nats"), told what to do on its standard input: one JSON
// object a line, and one a line comes back. Messages of subscriptions come as {"message": ...}.
"use strict";
const { readFileSync } = require("fs");
const { createPrivateKey, generateKeyPairSync, randomBytes, sign } = require("crypto");
const readline = require("readline");
const modules = process.env.NPM_MODULES;
const nats = require(`${modules}/nats`);
const nkeys = require(`${modules}/nkeys.js`);
const { Codec } = require(`${modules}/nkeys.js/lib/codec`);
const { Prefix } = require(`${modules}/nkeys.js/lib/nkeys`);

const options = JSON.parse(process.argv[2]);
if (options.seed)
    options.authenticator = nats.nkeyAuthenticator(Buffer.from(options.seed));
if (options.creds)
    options.authenticator = nats.credsAuthenticator(readFileSync(options.creds));

const codec = nats.StringCodec();
const say = (object) => process.stdout.write(JSON.stringify(object) + "\n");

function plain(message) {
    const headers = {};
    for (const [key, values] of message.headers || []) headers[key] = values[0];
    return { subject: message.subject, reply: message.reply, headers, body: codec.decode(message.data) };
}

function outgoing(command) {
    const headers = nats.headers();
    for (const [key, value] of Object.entries(command.headers || {})) headers.set(key, value);
    return { headers };
}

// Each part behind its length as four bytes.
function signedText(purpose, parts) {
    const pieces = [Buffer.from(`netvane:${purpose}:cluster\0`)];
    for (const part of parts) {
        const bytes = Buffer.from(part || "");
        const length = Buffer.alloc(4);
        length.writeUInt32BE(bytes.length);
        pieces.push(length, bytes);
    }
    return Buffer.concat(pieces);
}

function isProven(answer, nonce) {
    const h = answer.headers;
    if (!h["Netvane-Signature"] || h["Netvane-Nonce"] !== nonce) return false;
    const text = signedText("reply", [answer.subject, "", h["Netvane-Time"], nonce, h.NKey, h.Signature,
        h["Nats-Service-Error"], h["Nats-Service-Error-Code"], answer.body]);
    return nkeys.fromPublic(h["Netvane-Key"]).verify(text, Buffer.from(h["Netvane-Signature"], "hex"));
}

const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex"); // what stands before an Ed25519 seed

const keys = {}; // by their seeds, as making one takes its time

function keyOf(seed) {
    const user = nkeys.fromSeed(Buffer.from(seed));
    const der = Buffer.concat([PKCS8, user.getRawSeed()]);
    return { nkey: user.getPublicKey(), key: createPrivateKey({ key: der, format: "der", type: "pkcs8" }) };
}

// The headers of a request that is signed by the book of docs/cluster.md.
function signed(c, inbox) {
    const { nkey, key } = (keys[c.key] ||= keyOf(c.key));
    const made = { ...c.headers, "Netvane-Key": nkey,
        "Netvane-Time": String(c.time || Date.now()), "Netvane-Nonce": c.nonce || randomBytes(16).toString("hex") };
    const text = signedText("request", [c.subject, inbox, made["Netvane-Time"], made["Netvane-Nonce"],
        made["Netvane-Call"], made["Method-Flag"], made["Netvane-Variants"], "", c.body || ""]);
    made["Netvane-Signature"] = sign(null, text, key).toString("hex");
    return made;
}

const operations = {
    async request(nc, c) {
        return plain(await nc.request(c.subject, codec.encode(c.body || ""),
                                      { ...outgoing(c), timeout: c.timeout || 20000 }));
    },
    async newkey() {
        const user = nkeys.createUser();
        return { nkey: user.getPublicKey(), seed: Buffer.from(user.getSeed()).toString() };
    },
    // Asks many, until `count` have answered.
    async gather(nc, c) {
        const answers = [];
        const each = await nc.requestMany(c.subject, codec.encode(c.body || ""),
            { ...outgoing(c), strategy: "count", maxWait: c.timeout || 20000,
              maxMessages: c.count });
        for await (const message of each) answers.push(plain(message));
        return answers;
    },
    // A signed request; `again` sends the same message twice, and
    // `change` alters headers once it is signed.
    async signed(nc, c) {
        const inbox = c.inbox || nats.createInbox();
        const sent = signed(c, inbox);
        const answers = [];
        const replies = nc.subscribe(inbox, { max: c.again ? 2 : 1 });
        for (let i = 0; i < (c.again ? 2 : 1); i++)
            nc.publish(c.subject, codec.encode(c.body || ""),
                       { ...outgoing({ headers: { ...sent, ...c.change } }), reply: inbox });
        for await (const message of replies) {
            const got = plain(message);
            got.verified = isProven(got, sent["Netvane-Nonce"]);
            answers.push(got);
        }
        return answers;
    },
    // `count` of them by one key, dated `ahead` milliseconds; how many of each error code came.
    async flood(nc, c) {
        const codes = {};
        const inbox = nats.createInbox();
        const replies = nc.subscribe(inbox, { max: c.count });
        for (let i = 0; i < c.count; i++)
            nc.publish(c.subject, codec.encode(""), {
                ...outgoing({ headers: signed({ ...c, time: Date.now() + c.ahead }, inbox) }), reply: inbox });
        for await (const message of replies) {
            const code = plain(message).headers["Nats-Service-Error-Code"] || "";
            codes[code] = (codes[code] || 0) + 1;
        }
        return codes;
    },
    // Announces `count` machines that there are not, each with a key of its own, by the book; dated
    // `ahead` milliseconds.
    async announce(nc, c) {
        for (let i = 0; i < c.count; i++) {
            const { publicKey, privateKey: key } = generateKeyPairSync("ed25519");
            const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
            const nkey = Buffer.from(Codec.encode(Prefix.User, raw)).toString();
            const subject = `netvane.${c.cluster}.presence.${nkey}`;
            const body = JSON.stringify({ name: `ghost${i}`, version: "1", tags: [], networks: [],
                                          interval_ms: 600000, leaving: false });
            const headers = { "Netvane-Key": nkey, "Netvane-Time": String(Date.now() + (c.ahead || 0)),
                              "Netvane-Nonce": randomBytes(16).toString("hex") };
            const text = signedText("presence", [subject, "", headers["Netvane-Time"],
                headers["Netvane-Nonce"], "", "", "", "", body]);
            headers["Netvane-Signature"] = sign(null, text, key).toString("hex");
            nc.publish(subject, codec.encode(body), outgoing({ headers }));
        }
        await nc.flush();
        return {};
    },
    // `count` requests at once; how many of each error code came, "" for none.
    async burst(nc, c) {
        const codes = {};
        const one = async () => {
            const answer = plain(await nc.request(c.subject, codec.encode(c.body || ""),
                { ...outgoing(c), timeout: c.timeout || 60000 }).catch((e) => ({ headers: {
                    "nats-service-error-code": e.code, "Nats-Service-Error-Code": e.code } })));
            const code = answer.headers ? answer.headers["Nats-Service-Error-Code"] || "" : "?";
            codes[code] = (codes[code] || 0) + 1;
        };
        await Promise.all(Array.from({ length: c.count }, one));
        return codes;
    },
    // With `binary` the body comes in base64.
    async subscribe(nc, c) {
        const tell = (message) => c.binary ? { subject: message.subject, body: Buffer.from(message.data).toString("base64") } : plain(message);
        nc.subscribe(c.subject, { callback: (error, message) => error || say({ message: tell(message) }) });
        await nc.flush();
        return {};
    },
    async publish(nc, c) {
        const body = c.base64 ? Buffer.from(c.base64, "base64") : codec.encode(c.body || "");
        nc.publish(c.subject, body, { ...outgoing(c), reply: c.reply });
        await nc.flush();
        return {};
    },
    // JetStream's manager: add, update, info, purge ... of streams.
    async streams(nc, c) {
        const manager = await nc.jetstreamManager();
        return await manager.streams[c.verb](...c.args);
    },
    // All messages of a stream, in order, by a consumer of its own.
    async stored(nc, c) {
        const { state } = await (await nc.jetstreamManager()).streams.info(c.stream);
        const found = [];
        if (state.messages === 0) return found;
        const consumer = await nc.jetstream().consumers.get(c.stream);
        const messages = await consumer.consume();
        for await (const message of messages) {
            found.push({ subject: message.subject, body: codec.decode(message.data),
                         id: message.headers ? message.headers.get("Nats-Msg-Id") : "" });
            if (message.seq >= state.last_seq) break;
        }
        messages.stop();
        return found;
    },
    // The same without a consumer, of which a server that was just lost may have been a part.
    async fetched(nc, c) {
        const { streams } = await nc.jetstreamManager();
        const { state } = await streams.info(c.stream);
        const found = [];
        for (let from = state.first_seq; from <= state.last_seq; from += 100) {
            const numbers = Array.from({ length: Math.min(100, state.last_seq - from + 1) }, (_, i) => from + i);
            found.push(...await Promise.all(numbers.map((seq) => streams.getMessage(c.stream, { seq }))));
        }
        return found.map((message) => codec.decode(message.data));
    },
    // What the server has said when it was connected to.
    async info(nc) {
        return nc.info;
    },
    // What `nats micro ls`, `info` and `stats` ask.
    async services(nc, c) {
        const found = [];
        for await (const one of await nc.services.client({ strategy: "count", maxMessages: c.count })[c.verb](c.name || "", c.id || ""))
            found.push(one);
        return found;
    },
};

(async () => {
    const nc = await nats.connect(options);
    say({ connected: true });
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const command = JSON.parse(line);
        operations[command.op](nc, command).then(
            (result) => say({ id: command.id_, result }),
            (error) => say({ id: command.id_, error: String(error.message || error), code: error.code }));
    }
    await nc.close();
})().catch((error) => { say({ error: String(error.message || error) }); process.exit(1); });
