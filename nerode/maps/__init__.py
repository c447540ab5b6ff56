"""Street maps of real cities: from OpenStreetMap, from GraphML, from the paper's files."""

from nerode.maps.graphml import import_graphml
from nerode.maps.openstreetmap import import_osm, import_place
from nerode.maps.paper import import_paper
from nerode.maps.save import OPENSTREETMAP, Imported

__all__ = [
    "OPENSTREETMAP",
    "Imported",
    "import_graphml",
    "import_osm",
    "import_paper",
    "import_place",
]
