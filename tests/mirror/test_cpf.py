"""A CPF is read in the documented positions, and nothing in it is guessed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzers.mirror.cpf import CpfMember, read_cpf
from analyzers.mirror.definition import Role

CPF = """\
[ConfigFile]
Product=IRIS
Version=2024.1

[Mirrors]
PRODMIRROR=0C1C2D3E-1111-2222-3333-444455556666,2,1,,8000,0,1,,0,10.0.0.20|2188,0

[MapMirrors.PRODMIRROR]
irisa=,10.0.0.11,2188,,irisa.example.com,F23D0A92-5961-4E2A-BFE9-EF91880323F0,/usr/irissys/,0,10.0.0.11,1972,,1,
IRISB=,10.0.0.12,,,10.0.0.12,F23D0A92-5961-4E2A-BFE9-EF91880323F1,/usr/irissys/,0,10.0.0.12,51773,,0,CN=irisb,O=Example
IRISC=,,,,fd00::13,F23D0A92-5961-4E2A-BFE9-EF91880323F2,/usr/irissys/,2,10.0.0.13,1972,,0,

[MirrorMember]
SystemName=IRISA
"""


def test_documented_entries() -> None:
    """Mirrors and members are read in the positions of the CPF reference."""
    cpf = read_cpf(CPF)
    (mirror,) = cpf.mirrors
    assert cpf.problems == ()
    assert (mirror.name, mirror.uses_tls, mirror.qos_milliseconds) == ("PRODMIRROR", True, 8000)
    assert mirror.members == (
        CpfMember("IRISA", Role.FAILOVER, "10.0.0.11:2188", "irisa.example.com:1972"),
        CpfMember("IRISB", Role.FAILOVER, "10.0.0.12:2188", "10.0.0.12:51773"),
        CpfMember("IRISC", Role.ASYNC, None, "[fd00::13]:1972"),
    )


def test_another_shape_is_left_unread() -> None:
    """An entry that has not the documented shape is named with its line, and the others are read."""
    text = CPF.replace("irisa=,10.0.0.11,2188", "irisa=10.0.0.11,agent").replace(
        ",8000,0,1,", ",8000,0,1,", 1
    )
    cpf = read_cpf(text)
    assert [member.name for member in cpf.mirrors[0].members] == ["IRISB", "IRISC"]
    assert cpf.problems == ("line 9: [MapMirrors.PRODMIRROR] irisa: not in the documented form, left unread",)
    broken = read_cpf(CPF.replace(",8000,0,1,", ",8000,0,yes,"))
    assert broken.mirrors == ()
    assert broken.problems == ("line 6: [Mirrors] PRODMIRROR: not in the documented form, left unread",)


def test_nothing_of_mirrors() -> None:
    """A CPF without a mirror has none."""
    assert read_cpf("[ConfigFile]\nProduct=IRIS\n").mirrors == ()


@given(st.text())
def test_any_text(text: str) -> None:
    """No text is too strange to be read."""
    read_cpf(text)
    read_cpf(f"[Mirrors]\n{text}\n[MapMirrors.A]\n{text}")


@given(st.lists(st.text(alphabet=",=[]A01|:. \t", max_size=60), max_size=20))
def test_almost_entries(lines: list[str]) -> None:
    """Nor is what looks nearly like an entry."""
    for mirror in read_cpf("[Mirrors]\nA=g,2,1,,8000,0,1\n[MapMirrors.A]\n" + "\n".join(lines)).mirrors:
        for member in mirror.members:
            assert member.name
