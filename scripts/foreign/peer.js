// One end of a mutual TLS connection on Node's tls: peer ROLE HOST PORT CERTIFICATE KEY CA VERSION.
"use strict";
const fs = require("fs");
const tls = require("tls");

const [role, host, port, certificate, key, ca, version] = process.argv.slice(2);
const read = (path) => (path === "-" ? undefined : fs.readFileSync(path));
const options = {
  host,
  port: Number(port),
  cert: read(certificate),
  key: read(key),
  ca: read(ca),
  minVersion: "TLSv1.2",
  maxVersion: `TLSv${version}`,
  requestCert: true,
  rejectUnauthorized: true,
  servername: "irisb.example.com",
};
const fail = (error) => {
  console.error(error.code || error.message);
  process.exitCode = 1;
};

if (role === "server") {
  const server = tls.createServer(options, (line) => {
    line.on("error", fail);
    line.once("data", () => line.end("OK\n"));
  });
  server.on("tlsClientError", fail);
  server.on("connection", () => server.close());
  server.listen(options.port, host);
} else {
  const line = tls.connect(options, () => line.write("STATUS\n"));
  line.on("error", fail);
  line.on("data", () => line.end());
}
