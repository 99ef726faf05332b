import pytest

from web.stage import Stage


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path) as stage:
        yield stage
