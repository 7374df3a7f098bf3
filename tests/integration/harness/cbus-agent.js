// Machines that speak CBus's wire format, with the public NATS client: node cbus-agent.js URL MACHINES
//
// MACHINES is a JSON list of {nkey, values: {"destination /path member": value}} and, as faults,
// claims (the NKey that its replies name in place of its own), times (how often it answers), delay
// (milliseconds), silent, raw (a text that is no JSON), error ([text, code]). With seed, that of an
// NKey, it signs its replies as docs/cluster.md says; with nonce, over that one. With metadata it
// answers a ping of NATS's services as "netvane", pong_delay milliseconds late. A line on standard input, {subject, headers, body},
// is published. What comes is written to standard output.
const {connect, headers, nkeys, StringCodec} = require("nats");
const readline = require("readline");

const text = StringCodec();

// "dbus.broadcast.org_x.a.b.prop.Member": which call, by the ambiguous way back of the subject.
function callOf(subject, nkey) {
    const tokens = subject.split(".").slice(nkey ? 3 : 2);
    const member = tokens.pop(), kind = tokens.pop(), destination = tokens.shift();
    return {kind, key: `${destination.replaceAll("_", ".")} /${tokens.join("/")} ${member}`};
}

function signatureOf(value) {
    return {string: "s", boolean: "b", number: "i"}[typeof value] ?? "as";
}

function replyOf(machine, message, nkey) {
    const {kind, key} = callOf(message.subject, nkey);
    const value = machine.values?.[key], head = headers();
    head.set("NKey", machine.claims ?? machine.nkey);
    if (machine.error || value === undefined) {
        const [error, code] = machine.error ?? [`no ${key}`, "404"];
        head.set("Nats-Service-Error", error);
        head.set("Nats-Service-Error-Code", code);
        return ["", head];
    }
    if (kind === "prop")
        head.set("Signature", signatureOf(value));
    return [machine.raw ?? JSON.stringify(value), head];
}

// Each part behind its length: four bytes, big-endian.
function bytesOf(purpose, parts) {
    const bytes = [Buffer.from(`netvane:${purpose}:cluster\0`)];
    for (const part of parts.map(part => Buffer.from(part))) {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(part.length);
        bytes.push(length, part);
    }
    return Buffer.concat(bytes);
}

function sign(machine, message, body, head) {
    const key = nkeys.fromSeed(text.encode(machine.seed)), time = String(Date.now());
    const nonce = machine.nonce ?? message.headers.get("Netvane-Nonce");
    const signed = ["NKey", "Signature", "Nats-Service-Error", "Nats-Service-Error-Code"];
    const parts = [message.reply, "", time, nonce, ...signed.map(name => head.get(name)), body];
    head.set("Netvane-Key", key.getPublicKey());
    head.set("Netvane-Time", time);
    head.set("Netvane-Nonce", nonce);
    head.set("Netvane-Signature", Buffer.from(key.sign(bytesOf("reply", parts))).toString("hex"));
}

function write(message) {
    const head = {};
    for (const [name, values] of message.headers ?? [])
        head[name] = values.join(",");
    process.stdout.write(JSON.stringify(
        {subject: message.subject, body: text.decode(message.data), headers: head}) + "\n");
}

function serve(connection, machine, subject, nkey) {
    connection.subscribe(subject, {callback: (error, message) => {
        write(message);
        if (machine.silent)
            return;
        const [body, head] = replyOf(machine, message, nkey);
        if (machine.seed)
            sign(machine, message, body, head);
        for (let i = 0; i < (machine.times ?? 1); i++)
            setTimeout(() => message.respond(text.encode(body), {headers: head}),
                       machine.delay ?? 0);
    }});
}

function answerPing(connection, machine) {
    const pong = {type: "io.nats.micro.v1.ping_response", name: "netvane", id: machine.nkey,
                  version: "1.0.0", metadata: machine.metadata};
    connection.subscribe("$SRV.PING.netvane", {callback: (error, message) =>
        setTimeout(() => message.respond(text.encode(JSON.stringify(pong))), machine.pong_delay ?? 0)});
}

function publish(connection, line) {
    const message = JSON.parse(line), head = headers();
    for (const [name, value] of Object.entries(message.headers))
        head.set(name, value);
    connection.publish(message.subject, text.encode(message.body), {headers: head});
}

async function main() {
    const connection = await connect({servers: process.argv[2]});
    for (const machine of JSON.parse(process.argv[3])) {
        serve(connection, machine, "dbus.broadcast.>", null);
        if (machine.metadata)
            answerPing(connection, machine);
        serve(connection, machine, `dbus.agent.${machine.nkey}.>`, machine.nkey);
    }
    await connection.flush();
    readline.createInterface({input: process.stdin}).on("line", line => publish(connection, line));
    process.stdout.write("ready\n");
}

main();
