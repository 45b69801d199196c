"""Postfix, Exim and OpenSMTPD, unpacked side by side, each with a configuration of the lab's own.
A server of a case that says `mta = "postfix"` (or exim, opensmtpd) is run by the real thing."""
import os
import pathlib
import shutil
import subprocess

import zones

PACKAGES = ["postfix", "exim4-base", "exim4-daemon-light", "opensmtpd"]
USERS = {"postfix": 901, "postdrop": 902, "Debian-exim": 903, "opensmtpd": 904, "opensmtpq": 905}


class Mtas:
    """The mail servers' place in the lab: mounts that only this mount namespace sees."""

    def __init__(self, unpacked, directory):
        self.unpacked, self.directory = pathlib.Path(unpacked).resolve(), directory / "mta"
        self.processes, self.mounted = [], []

    def mount(self, *arguments):
        subprocess.run(["mount", *arguments], check=True)
        self.mounted.append(arguments[-1])

    def start(self, servers):
        """`servers`: address -> (script, [(chain file, key file)]), those with an `mta` only."""
        if not servers:
            return
        self.directory.parent.chmod(0o755)
        self.directory.mkdir()
        self.mount("-t", "tmpfs", "tmpfs", str(self.directory))
        self.install()
        for name, begin in (("postfix", self.postfix), ("exim", self.exim),
                            ("opensmtpd", self.opensmtpd)):
            chosen = {address: server for address, server in servers.items()
                      if server[0]["mta"] == name}
            if not chosen:
                continue
            command = begin({address: (script, *pairs[0])
                             for address, (script, pairs) in chosen.items()})
            log = open(self.directory / f"{name}.log", "wb")
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            self.processes.append(process)
            for address in chosen:
                zones.wait_for_port(address, 25, process)

    def install(self):
        """The packages' files appear in /usr; /var and /run are ours; their users exist."""
        self.mount("-t", "overlay", "overlay", "-o", f"lowerdir={self.unpacked}/usr:/usr", "/usr")
        for name in ("upper", "work", "run", "etc"):
            (self.directory / name).mkdir()
        self.mount("-t", "overlay", "overlay", "-o",
                   f"lowerdir={self.unpacked}/var:/var,upperdir={self.directory}/upper,"
                   f"workdir={self.directory}/work", "/var")
        self.mount("--bind", str(self.directory / "run"), "/run")
        passwd, group = (pathlib.Path(f"/etc/{name}").read_text() for name in ("passwd", "group"))
        for name, number in USERS.items():
            if f"\n{name}:" not in passwd:
                passwd += f"{name}:x:{number}:{number}::/var/lib/opensmtpd/empty:/bin/false\n"
            if f"\n{name}:" not in group:
                group += f"{name}:x:{number}:\n"
        for name, text in (("passwd", passwd), ("group", group)):
            path = self.directory / "etc" / name
            path.write_text(text)
            self.mount("--bind", str(path), f"/etc/{name}")

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(20)
        for place in reversed(self.mounted):
            subprocess.run(["umount", "-l", place], check=True)

    def postfix(self, servers):
        home = self.directory / "postfix"
        for path in (home, home / "spool", home / "data"):
            path.mkdir()
        shutil.chown(home / "data", "postfix")
        (home / "main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
meta_directory = {home}
mail_owner = postfix
setgid_group = postdrop
myhostname = postfix.lab
mydestination = lab
inet_protocols = ipv4
smtpd_delay_reject = no
alias_maps =
alias_database =
""")
        master = "".join(postfix_service(address, *server) for address, server in servers.items())
        for name, chroot, wakeup, limit, command in (
                ("tlsmgr", "n", "1000?", "1", "tlsmgr"), ("anvil", "n", "-", "1", "anvil"),
                ("rewrite", "n", "-", "-", "trivial-rewrite"), ("cleanup", "n", "-", "0", "cleanup"),
                ("scache", "n", "-", "1", "scache"), ("proxymap", "n", "-", "-", "proxymap")):
            master += f"{name} unix - - {chroot} {wakeup} {limit} {command}\n"
        (home / "master.cf").write_text(master)
        for name in ("postfix-files", "dynamicmaps.cf"):
            source = self.unpacked / "etc/postfix" / name
            if source.exists():
                (home / name).write_bytes(source.read_bytes())
        subprocess.run(["/usr/sbin/postfix", "-c", str(home), "check"], check=True,
                       capture_output=True)
        return ["/usr/lib/postfix/sbin/master", "-c", str(home), "-s"]

    def exim(self, servers):
        home = self.directory / "exim"
        for path in (home, home / "spool", home / "log"):
            path.mkdir()
            shutil.chown(path, "Debian-exim", "Debian-exim")
        for part, name in ((1, "certificates"), (2, "keys")):
            (home / name).write_text("".join(f"{address}: {server[part]}\n"
                                             for address, server in servers.items()))
        for _, chain, key in servers.values():
            shutil.chown(chain, "Debian-exim")
            shutil.chown(key, "Debian-exim")
        (home / "exim.conf").write_text(f"""primary_hostname = exim.lab
local_interfaces = {" : ".join(servers)}
daemon_smtp_ports = 25
spool_directory = {home}/spool
log_file_path = {home}/log/%s
pid_file_path = {home}/pid
tls_advertise_hosts = *
tls_certificate = ${{lookup{{$received_ip_address}}lsearch{{{home}/certificates}}}}
tls_privatekey = ${{lookup{{$received_ip_address}}lsearch{{{home}/keys}}}}
host_lookup =
""")
        return ["/usr/sbin/exim4", "-bdf", "-C", str(home / "exim.conf")]

    def opensmtpd(self, servers):
        home = self.directory / "opensmtpd"
        home.mkdir()
        spool = pathlib.Path("/var/spool/smtpd")
        for path, user, group, mode in (
                (spool, "root", "root", 0o711), (spool / "offline", "root", "opensmtpq", 0o770),
                (spool / "purge", "opensmtpq", "root", 0o700),
                (spool / "temporary", "opensmtpq", "root", 0o700),
                (spool / "incoming", "opensmtpq", "root", 0o700),
                (spool / "queue", "opensmtpq", "root", 0o700),
                (spool / "corrupt", "opensmtpq", "root", 0o700),
                (pathlib.Path("/var/lib/opensmtpd/empty"), "root", "root", 0o755)):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(mode)
            shutil.chown(path, user, group)
        text = ""
        for number, (address, (script, chain, key)) in enumerate(servers.items()):
            os.chmod(key, 0o600)
            tls = f"tls pki lab{number} " if script.get("tls", True) else ""
            text += f'pki lab{number} cert "{chain}"\npki lab{number} key "{key}"\n'
            text += f"listen on {address} port 25 {tls}hostname opensmtpd.lab\n"
        text += 'action "out" relay\nmatch from local for any action "out"\n'
        (home / "smtpd.conf").write_text(text)
        return ["/usr/sbin/smtpd", "-d", "-f", str(home / "smtpd.conf")]


def postfix_service(address, script, chain, key):
    """A line of master.cf: Postfix at one address, with a case's own parameters."""
    parameters = {"smtpd_tls_security_level": "may", "smtpd_tls_chain_files": f"{key}, {chain}",
                  **script.get("parameters", {})}
    options = "".join(f" -o {{ {name} = {value} }}" for name, value in parameters.items())
    return f"{address}:25 inet n - n - - smtpd{options}\n"
