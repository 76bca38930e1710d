"""Curves as SVG."""

from xml.etree import ElementTree as ET

from faults.plot import Panel, svg


def test_curves_fill_their_panel_and_names_are_escaped() -> None:
    """The highest value touches the upper edge, zero the lower; it is well-formed XML."""
    drawn = svg([0, 5, 10], [Panel("a < b", (("x", [0, 1, 2]),))], events=[5])
    root = ET.fromstring(drawn)
    (curve,) = (one for one in root.iter() if one.tag.endswith("polyline"))
    (frame,) = (
        one for one in root.iter() if one.tag.endswith("rect") and one.get("fill") == "none"
    )
    heights = [float(point.split(",")[1]) for point in curve.attrib["points"].split()]
    top, height = float(frame.attrib["y"]), float(frame.attrib["height"])

    assert heights == [top + height, top + height / 2, top]
    assert "a &lt; b" in drawn
    assert len([one for one in root.iter() if one.tag.endswith("line")]) == 2


def test_nothing_measured_draws_empty_panels() -> None:
    assert ET.fromstring(svg([], [Panel("empty", (("", []),))])) is not None
