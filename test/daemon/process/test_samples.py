import os
import stat

import pytest

from vscpws.daemon.process import samples
from vscpws.daemon.process.errors import StartFailed
from vscpws.daemon.process.samples import SAMPLES, check, demo_folder, write_samples
from vscpws.model.errors import ConfigurationError

NAMES = sorted(name for name, _ in SAMPLES)


def test_in_a_checkout_the_demo_is_its_conf_folder():
    assert os.path.basename(demo_folder()) == "conf"
    assert set(NAMES) == set(os.listdir(demo_folder()))


def test_a_wheel_s_own_samples_come_first(tmp_path, monkeypatch):
    (tmp_path / "vscpwsd.ini").write_text("")
    monkeypatch.setattr(samples, "_INSTALLED", str(tmp_path))
    assert demo_folder() == str(tmp_path)


def test_without_samples_that_is_said(monkeypatch):
    monkeypatch.setattr(samples, "_INSTALLED", "/none")
    monkeypatch.setattr(samples, "_CHECKOUT", "/none")
    with pytest.raises(StartFailed, match="the sample configuration is not there: /none"):
        demo_folder()


def test_the_first_configuration_is_written_into_a_new_folder_with_hidden_secrets(tmp_path):
    folder = tmp_path / "new" / "vscp"
    text = write_samples(str(folder), None)
    assert sorted(os.listdir(str(folder))) == NAMES
    for name, mode in SAMPLES:
        written = folder / name
        assert stat.S_IMODE(written.stat().st_mode) == mode
        with open(os.path.join(demo_folder(), name), "rb") as sample:
            assert written.read_bytes() == sample.read()
    assert "--make-key %s" % (folder / "vscp.key") in text


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_where_one_of_the_files_is_there(tmp_path, name):
    (tmp_path / name).symlink_to("/nowhere")
    with pytest.raises(StartFailed, match="nothing written: .* has %s" % name):
        write_samples(str(tmp_path), None)
    assert os.listdir(str(tmp_path)) == [name]


def test_a_folder_that_can_t_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StartFailed, match="can't write .*file"):
        write_samples(str(tmp_path / "file" / "vscp"), None)


def test_no_configuration_at_all_names_the_demo_and_the_way_to_begin(tmp_path):
    config, ini = str(tmp_path / "vscpd.conf"), str(tmp_path / "vscpwsd.ini")
    with pytest.raises(ConfigurationError) as caught:
        check(config, ini)
    text = str(caught.value)
    assert "--demo" in text and "--write-config %s" % tmp_path in text
    assert "vscpwsd.py --setup %s" % tmp_path in text
    (tmp_path / "vscpwsd.ini").write_text("")
    check(config, ini)              # one alone is there: what misses is named by who reads it
