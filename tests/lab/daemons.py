"""The programs that run the files of docs/monitor for real: Nagios, Icinga, Prometheus and systemd, each
with nothing but what a check needs. systemd is the init of its own namespaces."""
import json
import os
import pathlib
import subprocess
import urllib.request

from program import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
MONITOR = ROOT / "docs/monitor"
LIMIT_SECONDS = 60

PACKAGES = {"nagios": ["nagios4-core"],
            "node_exporter": ["prometheus-node-exporter"],
            "icinga": ["icinga2-bin", "icinga2-common"]}

NAGIOS = """cfg_file={place}/commands.cfg
cfg_file={place}/objects.cfg
log_file={place}/log
object_cache_file={place}/cache
status_file={place}/status
temp_file={place}/temp
lock_file={place}/lock
command_file={place}/commands
query_socket={place}/query
check_result_path={place}
temp_path={place}
nagios_user={user}
nagios_group={user}
check_workers=1
execute_host_checks=0
service_inter_check_delay_method=n
process_performance_data=1
service_perfdata_file={place}/results
service_perfdata_file_template=$SERVICESTATE$\\t$SERVICEOUTPUT$\\t$SERVICEPERFDATA$\\t$LONGSERVICEOUTPUT$
"""
NAGIOS_OBJECTS = """define timeperiod {{
    timeperiod_name always
    alias always
    sunday 00:00-24:00
    monday 00:00-24:00
    tuesday 00:00-24:00
    wednesday 00:00-24:00
    thursday 00:00-24:00
    friday 00:00-24:00
    saturday 00:00-24:00
}}
define contact {{
    contact_name somebody
    host_notifications_enabled 0
    service_notifications_enabled 0
    host_notification_period always
    service_notification_period always
    host_notification_commands check_dane
    service_notification_commands check_dane
}}
define host {{
    host_name mx
    address 192.0.2.1
    max_check_attempts 1
    check_period always
    contacts somebody
}}
define service {{
    host_name mx
    service_description DANE
    check_command check_dane!{arguments}
    max_check_attempts 1
    check_period always
    contacts somebody
}}
"""
ICINGA = """const NodeName = "lab"
include <itl>
include "{place}/commands.conf"
object CheckerComponent "checker" {{}}
object PerfdataWriter "perfdata" {{
    host_perfdata_path = "{place}/host"
    service_perfdata_path = "{place}/results"
    host_temp_path = "{place}/host-now"
    service_temp_path = "{place}/results-now"
    service_format_template = "$service.state$\\t$service.output$\\t$service.perfdata$\\t"
    rotation_interval = 1s
}}
object Host "mx" {{
    check_command = "dummy"
}}
object Service "dane" {{
    host_name = "mx"
    check_command = "mxdane"
    check_interval = 1s
    retry_interval = 1s
    max_check_attempts = 1
{variables}}}
"""
PROMETHEUS = """global:
  scrape_interval: 1s
  evaluation_interval: 1s
rule_files: [{rules}]
scrape_configs:
  - job_name: node
    static_configs:
      - targets: [127.0.0.1:9100]
"""
# Units are looked for in one place, so that nothing of a whole system is started.
SYSTEMD = """set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir /run/units /run/bin /run/lib
mount -t tmpfs tmpfs /sys/fs/cgroup
mkdir /sys/fs/cgroup/unified /sys/fs/cgroup/systemd
if ! mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd 2>/dev/null; then
    umount /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
cp -r "$1"/units/* /lib/systemd/system/*.target /run/units
cp "$1"/domains /run
cp "$2" /run/bin/mxdane
cp docs/monitor/mxdane-watch /run/bin
mount --bind /run/bin /usr/local/bin
mount --bind /run/lib /var/lib
exec env container=lab SYSTEMD_UNIT_PATH=/run/units /lib/systemd/systemd --unit=basic.target
"""
SERVICE = """[Service]
ExecStart=
ExecStart=/usr/local/bin/mxdane-watch /run/domains {options}
StandardOutput=append:/run/out
StandardError=append:/run/out
Environment=ASAN_OPTIONS=detect_leaks=0
"""
TIMER = """[Timer]
OnActiveSec=1ms
RandomizedDelaySec=0
AccuracySec=1ms
"""


def unpack():
    """Puts what is no package of the tests below build: the lab itself has no network."""
    for name, packages in PACKAGES.items():
        subprocess.run([ROOT / "tests/unpack", ROOT / "build" / name, *packages], check=True)


class Nagios:
    """Runs the check command of nagios.cfg with these arguments."""

    def __init__(self, place, binary, arguments):
        self.results = place / "results"
        commands = (MONITOR / "nagios.cfg").read_text()
        (place / "commands.cfg").write_text(commands.replace("/usr/local/bin/mxdane", str(binary)))
        (place / "objects.cfg").write_text(NAGIOS_OBJECTS.format(arguments=arguments))
        (place / "nagios.cfg").write_text(NAGIOS.format(place=place, user="root"))
        self.process = subprocess.Popen([ROOT / "build/nagios/usr/sbin/nagios4", place / "nagios.cfg"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def result(self):
        """(state, status line, performance data, long output) of the first check."""
        wait_until(lambda: self.process.poll() is not None or
                   self.results.exists() and self.results.read_text().endswith("\n"), "a result",
                   LIMIT_SECONDS)
        return self.results.read_text().splitlines()[0].split("\t")

    def close(self):
        self.process.terminate()
        self.process.wait(LIMIT_SECONDS)


class Icinga:
    """Runs the CheckCommand of icinga2.conf with these variables, in Icinga's syntax."""

    def __init__(self, place, binary, variables):
        self.place = place
        unpacked = ROOT / "build/icinga/usr"
        program = next(unpacked.glob("lib/*/icinga2/sbin/icinga2"))
        commands = (MONITOR / "icinga2.conf").read_text()
        (place / "commands.conf").write_text(commands.replace("/usr/local/bin/mxdane", str(binary)))
        lines = "".join(f"    vars.{name} = {value}\n" for name, value in variables.items())
        (place / "icinga2.conf").write_text(ICINGA.format(place=place, variables=lines))
        places = [f"-D{name}={place}" for name in ("DataDir", "CacheDir", "LogDir", "InitRunDir",
                                                   "SpoolDir", "ConfigDir")]
        self.process = subprocess.Popen(
            [program, "daemon", "-c", place / "icinga2.conf", "-I", unpacked / "share/icinga2/include",
             *places, "-DRunAsUser=root", "-DRunAsGroup=root"], stdout=open(place / "log", "w"),
            stderr=subprocess.STDOUT,
            env={**os.environ, "LD_LIBRARY_PATH": str(program.parents[2])})

    def result(self):
        """(state, output, performance data) of the first check."""
        wait_until(lambda: any(path.read_text() for path in self.place.glob("results.*")), "a result",
                   LIMIT_SECONDS)
        written = next(path.read_text() for path in sorted(self.place.glob("results.*"))
                       if path.read_text())
        return written.split("\t")[:3]

    def close(self):
        self.process.terminate()
        self.process.wait(LIMIT_SECONDS)


def fetch(url):
    """The body; empty where nobody answers yet."""
    try:
        with urllib.request.urlopen(url, timeout=LIMIT_SECONDS) as answer:
            return answer.read().decode()
    except OSError:
        return ""


class Prometheus:
    """node_exporter with the metrics that are in `folder`, and a Prometheus that asks it and has the
    alerts of prometheus-rules.yml."""

    def __init__(self, place, folder):
        config = place / "prometheus.yml"
        config.write_text(PROMETHEUS.format(rules=MONITOR / "prometheus-rules.yml"))
        self.processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                          for command in (
            [ROOT / "build/node_exporter/usr/bin/prometheus-node-exporter", "--collector.disable-defaults",
             "--collector.textfile", f"--collector.textfile.directory={folder}",
             "--web.listen-address=127.0.0.1:9100"],
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={place}/data",
             "--web.listen-address=127.0.0.1:9090"])]

    def metrics(self):
        """What node_exporter serves."""
        wait_until(lambda: fetch("http://127.0.0.1:9100/metrics"), "metrics", LIMIT_SECONDS)
        return fetch("http://127.0.0.1:9100/metrics")

    def alerts(self):
        """(state, name, domain), sorted, once a rule has fired. The rules may be judged before the
        metrics are there: that one is missing then, until they are judged again."""
        found = []

        def ask():
            answer = json.loads(fetch("http://127.0.0.1:9090/api/v1/alerts") or '{"data": {"alerts": []}}')
            found[:] = sorted((alert["state"], alert["labels"]["alertname"], alert["labels"].get("domain"))
                              for alert in answer["data"]["alerts"])
            return any(state == "firing" for state, _, _ in found) and \
                not any(name == "DaneAuditIsMissing" for _, name, _ in found)

        wait_until(ask, "an alert over metrics that are there", LIMIT_SECONDS)
        return found

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait(LIMIT_SECONDS)


def control_groups():
    """Where a systemd makes its own, below those of this process."""
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        name = controllers.removeprefix("name=")
        for place in (name,) if name else (".", "unified"):
            for group in ("init.scope", "system.slice"):
                yield pathlib.Path("/sys/fs/cgroup") / place / path.lstrip("/") / group


def remove_groups(groups):
    """Whether they are gone: a process of theirs may still be about to end."""
    for group in groups:
        try:
            for path, _, _ in os.walk(group, topdown=False):
                os.rmdir(path)
        except OSError:
            return False
    return True


class Systemd:
    """An init of its own namespaces, with the service and the timer; both get a drop-in: the list and
    `options` for the script, and a timer that elapses at once."""

    def __init__(self, place, binary, domains, options):
        self.groups = [group for group in control_groups() if not group.exists()]
        units = place / "units"
        units.mkdir()
        (place / "domains").write_text(domains)
        for name, text in (("mxdane.service", SERVICE.format(options=options)), ("mxdane.timer", TIMER)):
            unit = (MONITOR / name).read_text().replace("/etc/mxdane/domains", "/run/domains")
            (units / name).write_text(unit)
            (units / f"{name}.d").mkdir()
            (units / f"{name}.d" / "lab.conf").write_text(text)
        self.process = subprocess.Popen(
            ["unshare", "-Cpmuif", "--mount-proc", "--kill-child=KILL", "sh", "-c", SYSTEMD, "sh", place,
             binary], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=open(place / "trouble", "w"))
        self.trouble = place / "trouble"

    def works(self):
        """Once it is up; False where the machine has no control groups for it."""
        wait_until(lambda: self.process.poll() is not None or
                   self.control("is-system-running").stdout == "running\n", "a running systemd",
                   LIMIT_SECONDS)
        return self.process.poll() is None

    def init(self):
        pid = self.process.pid
        return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().strip()

    def control(self, *arguments):
        return subprocess.run(["nsenter", "-t", self.init(), "-m", "-p", "systemctl", *arguments],
                              capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS)

    def root(self, path):
        """What the services see there."""
        return pathlib.Path(f"/proc/{self.init()}/root{path}")

    def show(self, unit, *properties):
        out = self.control("show", unit, *(f"-p{name}" for name in properties)).stdout
        return dict(line.split("=", 1) for line in out.splitlines())

    def close(self):
        """Its control groups would stay."""
        self.process.kill()
        self.process.wait(LIMIT_SECONDS)
        wait_until(lambda: remove_groups(self.groups), "control groups without a process", LIMIT_SECONDS)
