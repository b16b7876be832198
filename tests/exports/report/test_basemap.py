from __future__ import annotations

import gzip
import io
import json
import math
import re
import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from PIL import Image

from cli import main
from commands.exit import Exit
from exports.bundle import export_bundle
from exports.errors import BadBaseMap
from exports.format.bundle_layout import is_derived
from exports.forms.held_bundle import write_report
from exports.report.basemap import open_base_map
from exports.report.basemap.pmtiles import tile_number
from exports.verification import verify
from hashing.case.facts import Fact
from tests.exports.report.test_remake import files_of
from tests.exports.small_case import OFFICER, CaseMaker, Thing, make_case, photo

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PLACE = (51.5, -0.12)
ZOOMS = (12, 16)


def picture(number: int, form: str = "PNG") -> bytes:
    """Return a tile."""
    out = io.BytesIO()
    Image.new("RGB", (256, 256), (number % 256, number // 256 % 256, 90)).save(out, form)
    return out.getvalue()


def around(zoom: int, reach: int = 3) -> Iterable[tuple[int, int, int]]:
    """Yield the tiles about the place, counted from the north."""
    north = math.asinh(math.tan(math.radians(PLACE[0])))
    column, row = int((PLACE[1] + 180) / 360 * 2**zoom), int((1 - north / math.pi) / 2 * 2**zoom)
    for right in range(-reach, reach + 1):
        yield from ((zoom, column + right, row + down) for down in range(-reach, reach + 1))


def mbtiles(path: Path, tiles: Iterable[tuple[int, int, int]], **said: str) -> Path:
    """Write tiles as MBTiles, whose rows are counted from the south."""
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        base.execute("CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB)")
        base.executemany("INSERT INTO metadata VALUES (?, ?)", said.items())
        rows = ((zoom, column, 2**zoom - 1 - row, picture(column * 7 + row)) for zoom, column, row in tiles)
        base.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    return path


def varints(numbers: Iterable[int]) -> bytes:
    """Write unsigned LEB128."""
    out = bytearray()
    for number in numbers:
        rest = number
        while rest > 0x7F:
            out.append(rest & 0x7F | 0x80)
            rest >>= 7
        out.append(rest)
    return bytes(out)


def directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    """Write entries (tile, run, length, offset) as a directory of PMTiles."""
    steps = [entry[0] - before for entry, before in zip(entries, [0, *(entry[0] for entry in entries)], strict=False)]
    columns = [
        [len(entries)],
        steps,
        *([entry[place] for entry in entries] for place in (1, 2)),
        [e[3] + 1 for e in entries],
    ]
    return gzip.compress(b"".join(map(varints, columns)))


def pmtiles(path: Path, tiles: Iterable[tuple[int, int, int]], kind: int = 2) -> Path:
    """Write tiles as PMTiles with a root directory of one leaf."""
    held = {tile_number(*tile): picture(tile[1] * 7 + tile[2]) for tile in tiles}
    data, entries = b"", []
    for number, body in sorted(held.items()):
        entries.append((number, 1, len(body), len(data)))
        data += body
    leaf = directory(entries)
    root = directory([(entries[0][0], 0, len(leaf), 0)])
    said = gzip.compress(json.dumps({"attribution": "<a href='https://osm.example'>&copy; mappers</a>"}).encode())
    places, at = [], 127
    for part in (root, said, leaf, data):
        places += [at, len(part)]
        at += len(part)
    head = struct.pack("<7sB8Q24xBBBBBB", b"PMTiles", 3, *places, 1, 2, 1, kind, *ZOOMS).ljust(127, b"\0")
    path.write_bytes(head + root + said + leaf + data)
    return path


def every_tile(path: Path, tiles: Iterable[tuple[int, int, int]]) -> list[bytes | None]:
    """Open a map file and read its tiles."""
    with open_base_map(path) as opened:
        return [opened.tile(*tile) for tile in tiles]


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case with a photo that says where it was taken, and one beside it."""
    maker = make_case(tmp_path)
    things = [
        Thing(
            f"{number}.jpg",
            photo(number),
            facts=(
                Fact("GPS latitude", PLACE[0] + number / 10_000, "GPS"),
                Fact("GPS longitude", PLACE[1], "GPS"),
            ),
        )
        for number in range(2)
    ]
    maker.capture(things)
    return maker


@pytest.fixture
def london(tmp_path: Path) -> Path:
    """Write a base map of the surroundings."""
    words = {"format": "png", "attribution": "&copy; <b>mappers</b>", "minzoom": "12", "maxzoom": "16"}
    return mbtiles(tmp_path / "london.mbtiles", [tile for zoom in range(12, 17) for tile in around(zoom)], **words)


def test_a_base_map_lies_true_under_the_positions(maker: CaseMaker, london: Path, tmp_path: Path) -> None:
    """A mark stands on its tile where Web Mercator puts it; tiles and attribution are there, and it verifies."""
    with open_base_map(london) as basemap:
        made = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out", basemap=basemap).path
    page = (made / "data/report/map.html").read_text()
    assert "Base map: <bdi>© mappers</bdi>" in page
    assert "london.mbtiles" in page
    names = re.findall(r'href="tiles/(\d+)-(\d+)-(\d+)\.png" x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)"', page)
    assert {path.name for path in (made / "data/report/tiles").iterdir()} == {
        "-".join(each[:3]) + ".png" for each in names
    }
    circle = re.search(r'<circle [^>]*cx="([\d.]+)" cy="([\d.]+)"', page)
    assert circle is not None
    x, y = float(circle[1]), float(circle[2])
    zoom = int(names[0][0])
    north = math.asinh(math.tan(math.radians(PLACE[0] + 0.00005)))  # one mark for both: between them
    column, row = (PLACE[1] + 180) / 360 * 2**zoom, (1 - north / math.pi) / 2 * 2**zoom
    [(left, top, edge)] = [each[3:] for each in names if (int(each[1]), int(each[2])) == (int(column), int(row))]
    assert x == pytest.approx(float(left) + column % 1 * float(edge), abs=20)
    assert y == pytest.approx(float(top) + row % 1 * float(edge), abs=20)
    assert verify(made, report=True).verdict == "ok"
    write_report(made, tmp_path / "again")
    assert files_of(tmp_path / "again") == files_of(made / "data")


def test_other_tiles_than_the_export_recorded_are_told(maker: CaseMaker, london: Path, tmp_path: Path) -> None:
    """Whoever swaps a tile is found out: by the sealed list of files, and by the digest that the export recorded."""
    with open_base_map(london) as basemap:
        made = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out", basemap=basemap).path
    tile = next((made / "data/report/tiles").iterdir())
    tile.chmod(0o600)
    tile.write_bytes(picture(1))
    assert verify(made).verdict == "mismatch"
    told = [problem.path for problem in verify(made, report=True).problems]
    assert "data/report/tiles/" in told


def test_pmtiles(tmp_path: Path) -> None:
    """A PMTiles file gives its tiles, found along its curve through leaf directories; what it lacks is None."""
    assert [tile_number(*tile) for tile in ((0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0), (2, 0, 0))] == [
        *range(6)
    ]
    assert tile_number(12, 3423, 1763) == 19_078_479
    tiles = list(around(14, 2))
    with open_base_map(pmtiles(tmp_path / "a.pmtiles", tiles)) as opened:
        assert [opened.tile(*tile) for tile in tiles] == [picture(tile[1] * 7 + tile[2]) for tile in tiles]
        assert opened.tile(14, 0, 0) is None
        assert (opened.says.attribution, opened.says.lowest, opened.says.highest) == ("© mappers", *ZOOMS)


@pytest.mark.parametrize("cut", [5, 100, 140, -1])
def test_a_broken_pmtiles_file_is_refused(tmp_path: Path, cut: int) -> None:
    """A file that is cut off, in its head, its directories or its last tile, is refused in words."""
    tiles = list(around(14, 1))
    path = pmtiles(tmp_path / "a.pmtiles", tiles)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(BadBaseMap):
        every_tile(path, tiles)


def test_vector_tiles_are_refused(tmp_path: Path, maker: CaseMaker) -> None:
    """A map of vector tiles, and what is no map, is refused with what to give instead, and nothing is left behind."""
    vector = mbtiles(tmp_path / "vector.mbtiles", (), format="pbf", minzoom="0", maxzoom="14")
    for path in (vector, pmtiles(tmp_path / "vector.pmtiles", around(14, 0), kind=1)):
        with pytest.raises(BadBaseMap) as refused, open_base_map(path):
            pass
        assert "raster tiles (PNG, JPEG, WebP)" in refused.value.hint
    words = ["export", str(maker.path), "--output", str(tmp_path / "out"), "--officer", OFFICER]
    words += ["--key", str(tmp_path / "key/signing-key.pem"), "--basemap"]
    (tmp_path / "no.mbtiles").write_text("a text")
    for path in (vector, tmp_path / "no.mbtiles", tmp_path / "none.mbtiles"):
        result = CliRunner().invoke(main, [*words, str(path)])
        assert result.exit_code == Exit.REFUSED, result.stderr
        assert path.name in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_tile_that_is_no_picture_is_refused(maker: CaseMaker, london: Path, tmp_path: Path) -> None:
    """A tile that says it is a picture and is none never comes into a report."""
    with closing(sqlite3.connect(london)) as base, base:
        base.execute("UPDATE tiles SET tile_data = ?", (b"<svg onload='alert(1)'/>",))
    with open_base_map(london) as basemap, pytest.raises(BadBaseMap, match="neither PNG, JPEG nor WebP"):
        export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out", basemap=basemap)
    assert not (tmp_path / "out").exists()


def test_an_endless_view_is_given_up(tmp_path: Path) -> None:
    """A file whose tiles are a query without end is given up after so many steps."""
    path = tmp_path / "endless.mbtiles"
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        base.execute(
            "CREATE VIEW tiles AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
            " SELECT i AS zoom_level, 0 AS tile_column, 0 AS tile_row, x'00' AS tile_data FROM n"
        )
    with pytest.raises(BadBaseMap, match="cannot be read as MBTiles"), open_base_map(path):
        pass


def test_without_tiles_there_the_map_is_as_before(maker: CaseMaker, tmp_path: Path) -> None:
    """Where the base map shows another place, nothing of it is recorded, and the page says that it has no streets."""
    elsewhere = mbtiles(tmp_path / "far.mbtiles", [(12, 0, 0)], format="png", minzoom="12", maxzoom="12")
    with open_base_map(elsewhere) as basemap:
        made = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out", basemap=basemap).path
    assert "without a map of streets" in (made / "data/report/map.html").read_text()
    assert not (made / "data/report/tiles").exists()
    assert b'"basemap"' not in (made / "seal/export.json").read_bytes()


def test_a_base_map_for_a_report_made_anew(maker: CaseMaker, london: Path, tmp_path: Path) -> None:
    """`report --basemap` puts a map under the positions of a bundle that has none, outside of it."""
    made = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out").path
    words = ["report", str(made), "--output", str(tmp_path / "again"), "--basemap", str(london)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.stderr
    tiles = [path.name for path in (tmp_path / "again/report/tiles").iterdir()]
    assert tiles
    assert all(is_derived(f"data/report/tiles/{name}") for name in tiles)
    assert verify(made, report=True).verdict == "ok"
