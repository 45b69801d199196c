"""A server that is good until it hangs, at every IPv6 address there is and one port. It writes a line
end when it listens, then a byte for each session that hangs. usage: hang.py PORT STATE CHAIN_FILE KEY_FILE"""
import asyncio
import os
import sys

sys.dont_write_bytecode = True
import smtpd  # noqa: E402


class Session(smtpd.Session):
    def misbehave(self, what):
        super().misbehave(what)
        os.write(sys.stdout.fileno(), b".")


async def serve(port, state, chain, key):
    script = {**smtpd.DEFAULTS, "end": f"{state} silence"}
    context = smtpd.tls_context(script, [(chain, key)])
    server = await asyncio.get_running_loop().create_server(
        lambda: Session(script, context, None), "::", int(port), backlog=1000)
    os.write(sys.stdout.fileno(), b"\n")
    await server.serve_forever()


asyncio.run(serve(*sys.argv[1:]))
