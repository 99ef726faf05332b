import json
import os
import shutil

import pytest

from vscpws.access.credentials import DEFAULT_KEY, hash_password
from vscpws.daemon.process.errors import StartFailed
from vscpws.daemon.process.privileges import Identity
from vscpws.daemon.process.samples import demo_folder
from vscpws.daemon.setup import plan as plans
from vscpws.daemon.setup import present
from vscpws.daemon.setup.plan import make_plan
from vscpws.daemon.setup.present import look_around
from vscpws.daemon.setup.wishes import Wishes
from vscpws.model.errors import ConfigurationError

NAMES = ["users.json", "vscp.key", "vscpd.conf", "vscpwsd.crt", "vscpwsd.ini", "vscpwsd.key"]
HOUSE = Wishes("can0", True, True, 8884, "hush")


@pytest.fixture(autouse=True)
def known_host(monkeypatch):
    monkeypatch.setattr(plans, "host_names", lambda: ["house", "localhost"])
    monkeypatch.setattr(plans, "host_addresses", lambda: ["127.0.0.1", "192.0.2.7", "2001:db8::7"])


def look(folder):
    return look_around(str(folder / "vscpd.conf"), str(folder / "vscpwsd.ini"), None)


def plan_for(folder, wishes=HOUSE, service=None):
    return make_plan(look(folder), wishes, service)


def write(plan):
    for file in plan.files:
        with open(file.path, "w", encoding="utf-8") as written:
            written.write(file.text)
        os.chmod(file.path, file.access.mode)


def names(plan):
    return [os.path.basename(file.path) for file in plan.files]


def changes(plan):
    return {os.path.basename(file.path): list(file.changes) for file in plan.files}


@pytest.fixture
def sample(tmp_path):
    for name in os.listdir(demo_folder()):
        shutil.copy(os.path.join(demo_folder(), name), str(tmp_path))
    return tmp_path


def test_from_nothing_come_all_files_and_the_ini_file_last(tmp_path):
    plan = plan_for(tmp_path)
    assert sorted(names(plan)) == NAMES
    assert names(plan)[-1] == "vscpwsd.ini"
    assert [file.access.mode for file in plan.files if "key" in file.path or "users" in file.path
            ] == [0o600] * 3
    assert plan.key != DEFAULT_KEY.hex().upper()


def test_without_the_program_s_samples_the_ini_file_is_a_short_one(tmp_path, monkeypatch):
    def none():
        raise StartFailed("not there")

    monkeypatch.setattr(present, "demo_folder", none)
    plan = plan_for(tmp_path)
    assert sorted(names(plan)) == NAMES
    assert len(plan.ini_text.splitlines()) == 9
    write(plan)
    assert plan_for(tmp_path).files == ()


def test_samples_that_somebody_has_made_his_own_are_no_samples(tmp_path, monkeypatch):
    mine = tmp_path / "mine"
    shutil.copytree(demo_folder(), str(mine))
    write(plan_for(mine))
    monkeypatch.setattr(present, "demo_folder", lambda: str(mine))
    assert "[tls]\ncert = vscpwsd.crt" in plan_for(tmp_path).ini_text
    assert len(plan_for(tmp_path).ini_text.splitlines()) == 9


def test_of_the_sample_only_single_lines_of_the_ini_file_change(sample):
    plan = plan_for(sample)
    old = (sample / "vscpwsd.ini").read_text().split("\n")
    gone = [line for line in old if line not in plan.ini_text.split("\n")]
    assert gone == ["interface = ws://localhost:8884", "names-file = names.json", "auth-iv = any"]
    assert changes(plan)["vscp.key"] == ["a new key in place of the published one"]


@pytest.mark.parametrize("wishes", [
    HOUSE, HOUSE._replace(has_tls=False), HOUSE._replace(is_on_lan=False, has_tls=False),
    HOUSE._replace(interface="udp_multicast:239.74.163.2", port=9000)])
def test_the_same_once_more_changes_nothing_with_the_password_or_without(sample, wishes):
    write(plan_for(sample, wishes))
    assert plan_for(sample, wishes).files == ()
    assert plan_for(sample, wishes._replace(password=None)).files == ()


def test_what_people_have_written_stays(sample):
    write(plan_for(sample))
    with open(sample / "vscpwsd.ini", "a") as ini:
        ini.write("# mine\n")
    ini = (sample / "vscpwsd.ini").read_text().replace("#max-clients = 100", "max-clients = 9")
    (sample / "vscpwsd.ini").write_text(ini + "auth-iv")      # whatever: no line is dropped
    plan = plan_for(sample, HOUSE._replace(port=9999))
    assert names(plan) == ["vscpwsd.ini"]
    assert plan.ini_text == (sample / "vscpwsd.ini").read_text().replace(":8884", ":9999", 1)


def test_a_key_and_users_of_one_s_own_stay(sample):
    (sample / "vscp.key").write_text("00112233445566778899AABBCCDDEEFF")
    entry = {"name": "anna", "password": hash_password("anna", "own"), "rights": "admin"}
    (sample / "users.json").write_text(json.dumps({"users": [entry]}))
    for name in ("vscp.key", "users.json"):
        (sample / name).chmod(0o600)
    plan = plan_for(sample, HOUSE._replace(password=None))
    assert "vscp.key" not in names(plan) and "users.json" not in names(plan)
    assert plan.key == "00112233445566778899AABBCCDDEEFF"


def test_secrets_that_everybody_may_read_are_for_the_daemon_alone_afterwards(sample):
    write(plan_for(sample))
    before = (sample / "vscp.key").read_text()
    (sample / "vscp.key").chmod(0o644)
    plan = plan_for(sample)
    assert changes(plan) == {"vscp.key": ["to be read by its owner alone"]}
    write(plan)
    assert (sample / "vscp.key").read_text() == before
    assert (sample / "vscp.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="for root")
def test_of_a_service_the_secrets_are_root_s_and_its_group_may_read_them(sample):
    service = Identity(4711, 4712, (4712,))
    plan = plan_for(sample, service=service)
    access = {os.path.basename(file.path): file.access for file in plan.files}
    for name in ("vscp.key", "users.json", "vscpwsd.key"):
        assert access[name] == (0, 4712, 0o640)
    for name in ("vscpwsd.crt", "vscpd.conf", "vscpwsd.ini"):
        assert access[name].mode == 0o644
    for file in plan.files:
        with open(file.path, "w") as written:
            written.write(file.text)
        os.chown(file.path, file.access.uid, file.access.gid)
        os.chmod(file.path, file.access.mode)
    assert plan_for(sample, service=service).files == ()


def test_without_tls_no_certificate_is_named(sample):
    write(plan_for(sample))
    plan = plan_for(sample, HOUSE._replace(has_tls=False))
    assert changes(plan) == {"vscpwsd.ini": [
        "interface = ws://0.0.0.0:8884", "without [tls] cert", "without [tls] key"]}


def test_a_certificate_that_lacks_an_address_is_made_anew(sample, monkeypatch):
    write(plan_for(sample))
    monkeypatch.setattr(plans, "host_addresses", lambda: ["127.0.0.1", "192.0.2.8"])
    found = changes(plan_for(sample))
    assert list(found) == ["vscpwsd.crt", "vscpwsd.key"]
    assert found["vscpwsd.crt"][0].endswith("in place of the old one, for it lacks 192.0.2.8")


def test_a_certificate_of_somebody_else_stays(sample):
    write(plan_for(sample))
    for end in (".crt", ".key"):
        shutil.move(str(sample / ("vscpwsd" + end)), str(sample / ("mine" + end)))
    ini = (sample / "vscpwsd.ini").read_text().replace("= vscpwsd.", "= mine.")
    (sample / "vscpwsd.ini").write_text(ini)
    assert plan_for(sample).files == ()


def test_half_a_pair_is_left_to_people(sample):
    (sample / "vscpwsd.key").write_text("precious")
    with pytest.raises(StartFailed, match="vscpwsd.key is there without .*vscpwsd.crt"):
        plan_for(sample)


def test_the_driver_block_keeps_its_name_and_guid(sample):
    write(plan_for(sample))
    text = (sample / "vscpd.conf").read_text().replace("<name>can0", "<guid>1:2</guid><name>mine")
    (sample / "vscpd.conf").write_text(text)
    plan = plan_for(sample, HOUSE._replace(interface="can1"))
    assert names(plan) == ["vscpd.conf"]
    assert plan.files[0].text == text.replace("<config>can0", "<config>can1")


def test_an_interface_in_the_variables_makes_way(sample):
    write(plan_for(sample))
    with open(sample / "vscpwsd.ini", "a") as ini:
        ini.write("can0_interface = can5\n")
    assert changes(plan_for(sample)) == {
        "vscpd.conf": ["the CAN interface can0"], "vscpwsd.ini": [
            "without [variables] can0_interface"]}
    assert plan_for(sample, HOUSE._replace(interface="can5")).files == ()


def test_of_several_driver_blocks_none_is_chosen(sample):
    block = '<driver enable="true"><name>%s</name><config>can%d</config></driver>'
    (sample / "vscpd.conf").write_text("<a>%s%s</a>" % (block % ("x", 1), block % ("y", 2)))
    with pytest.raises(StartFailed, match=r"2 driver blocks that run \(x, y\): put can0"):
        plan_for(sample)
    plan = plan_for(sample, HOUSE._replace(interface="can2"))
    assert "vscpd.conf" not in names(plan)


@pytest.mark.parametrize("interface, reason", [
    ("slcn:/dev/ttyUSB0", "did you mean slcan"), ("can0@1", "bit rate"), ("a b", "no name"),
    ("replay:none.log", "none.log"), ("x" * 40, "too long")])
def test_an_interface_that_can_t_be_is_refused(sample, interface, reason):
    with pytest.raises(ConfigurationError, match="--interface: .*" + reason):
        plan_for(sample, HOUSE._replace(interface=interface))


@pytest.mark.parametrize("name, text", [
    ("vscpd.conf", "<a"), ("users.json", "no"), ("vscp.key", "no hex"), ("vscp.key", "00")])
def test_a_file_that_can_t_be_understood_is_named(sample, name, text):
    (sample / name).write_text(text)
    with pytest.raises(ConfigurationError, match=name):
        plan_for(sample)


@pytest.mark.parametrize("host, kept", [("192.0.2.7", True), ("[::]", True), ("127.0.0.1", False),
                                        ("localhost", False)])
def test_an_address_that_fits_is_kept(sample, host, kept):
    ini = sample / "vscpwsd.ini"
    ini.write_text(ini.read_text().replace("localhost:8884", host + ":8884"))
    text = plan_for(sample).ini_text
    assert ("wss://%s:8884" % (host if kept else "0.0.0.0")) in text
    text = plan_for(sample, HOUSE._replace(is_on_lan=False, has_tls=False)).ini_text
    assert ("ws://%s:8884" % ("localhost" if kept else host)) in text


def test_a_link_to_a_file_stays_one(sample):
    (sample / "elsewhere").mkdir()
    shutil.move(str(sample / "vscp.key"), str(sample / "elsewhere" / "key"))
    os.symlink("elsewhere/key", str(sample / "vscp.key"))
    plan = plan_for(sample)
    assert str(sample / "elsewhere" / "key") in [file.path for file in plan.files]
