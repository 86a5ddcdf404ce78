"""A social network of LDBC SNB's shape, made here: the same seed and size give the same files.

LDBC's own generator cannot be had without its Spark images, so this one keeps the schema (but for
universities) and the proportions of its SF1, with half the messages a person: people who know each
other mostly within a neighbourhood (so there are triangles) and with very unequal degrees that grow
with the network as LDBC's do; forums with members and posts; comments that answer posts and
comments; likes, tags and places. About a thousand edges a person. KNOWS is kept once, and asked in
both directions.

Files are Neptune's Gremlin CSV. Times are milliseconds since 1970."""

import dataclasses
import pathlib

import numpy

EDGES_A_PERSON = 1000
FIRST_DAY = 1_262_304_000_000  # 2010-01-01
DAYS = 1096
DAY = 86_400_000

COUNTRIES = 50
CITIES = 250
COMPANIES = 300
TAG_CLASSES = 40
TAGS = 1000

_SYLLABLES = "an bel cor da el fi gor ha is jo ka lu mi no or pe ra sa ti vo".split()
_WORDS = ("about again always another before between certain changed country different during early "
          "enough every followed general however important language later little machine making "
          "measure nothing number often other people perhaps question rather reason several should "
          "simple something special through together towards under usually various water whether "
          "without world writing yesterday").split()


@dataclasses.dataclass
class Table:
    """A file. `ends`: the tables that an edge joins; `columns`: names and Neptune's types."""

    name: str
    path: pathlib.Path
    columns: list[tuple[str, str]]
    ends: tuple[str, str] | None = None
    rows: int = 0


@dataclasses.dataclass
class Network:
    people: int
    posts: int
    comments: int
    tables: list[Table]

    @property
    def edges(self) -> int:
        return sum(table.rows for table in self.tables if table.ends)


def _names(count: int) -> list[str]:
    size = len(_SYLLABLES)
    return [(_SYLLABLES[i % size] + _SYLLABLES[i // size % size] + ("na" if i % 3 else "")).capitalize()
            for i in range(count)]


class Maker:
    def __init__(self, folder: pathlib.Path, people: int, seed: int):
        self.folder = folder
        self.people = people
        self.chance = numpy.random.Generator(numpy.random.PCG64(seed))
        self.tables: list[Table] = []
        self.activity = self.chance.lognormal(0, 0.8, people)
        self.activity /= self.activity.sum()

    # --- files

    def _write(self, table: Table, header: str, lines) -> None:
        table.path = self.folder / f"{table.name}.csv"
        with open(table.path, "w") as file:
            file.write(header + "\n")
            file.write("\n".join(lines) + "\n")
        self.tables.append(table)

    def nodes(self, label: str, prefix: str, columns: dict[str, tuple[str, list]]) -> None:
        count = len(next(iter(columns.values()))[1])
        table = Table(label, self.folder, [(name, kind) for name, (kind, _) in columns.items()], rows=count)
        header = "~id,~label," + ",".join(f"{name}:{kind}(single)" for name, kind in table.columns)
        lists = [[str(value) for value in values] for _, values in columns.values()]
        self._write(table, header, (f"{prefix}{i},{label}," + ",".join(row)
                                    for i, row in enumerate(zip(*lists))))

    def edges(self, label: str, ends: tuple[str, str], out, to, column: tuple[str, list] | None = None) -> None:
        """`ends`: "Post" and the like; their ids begin with its PREFIX."""
        out, to = numpy.asarray(out).tolist(), numpy.asarray(to).tolist()
        a, b = PREFIX[ends[0]], PREFIX[ends[1]]
        table = Table(f"{label}-{ends[0]}-{ends[1]}", self.folder, [], ends, len(out))
        if column is None:
            self._write(table, "~from,~to,~label",
                        (f"{a}{x},{b}{y},{label}" for x, y in zip(out, to)))
            return
        table.columns = [(column[0], "Long")]
        self._write(table, f"~from,~to,~label,{column[0]}:Long",
                    (f"{a}{x},{b}{y},{label},{v}" for x, y, v in zip(out, to, numpy.asarray(column[1]).tolist())))

    # --- chance

    def some_people(self, count: int):
        return self.chance.choice(self.people, count, p=self.activity)

    def skewed(self, below: int, count: int, power: float = 2.0):
        """Small numbers more often."""
        return (below * self.chance.random(count) ** power).astype(numpy.int64)

    def times(self, count: int, after=0):
        """Not before `after`."""
        last = FIRST_DAY + DAYS * DAY
        after = numpy.maximum(numpy.broadcast_to(after, count), FIRST_DAY)
        return (after + (last - after) * self.chance.random(count)).astype(numpy.int64)

    def distinct(self, out, to, *more):
        """Without pairs that were there before."""
        out, to = numpy.asarray(out), numpy.asarray(to)
        _, first = numpy.unique(out.astype(numpy.int64) << 32 | to, return_index=True)
        first.sort()
        return (out[first], to[first], *(numpy.asarray(values)[first] for values in more))

    def texts(self, count: int) -> list[str]:
        words = self.chance.integers(0, len(_WORDS), 4096).tolist()
        book = " ".join(_WORDS[i] for i in words)
        begin = self.chance.integers(0, len(book) - 200, count).tolist()
        size = self.chance.integers(20, 160, count).tolist()
        return [book[at:at + length].strip() for at, length in zip(begin, size)]

    # --- the network

    def make(self) -> Network:
        chance, people = self.chance, self.people
        self.places()
        born = chance.integers(315_532_800_000, 788_918_400_000, people)
        joined = self.times(people)
        names, surnames = _names(200), _names(400)
        self.nodes("Person", "p", {
            "firstName": ("String", [names[i] for i in self.skewed(200, people)]),
            "lastName": ("String", [surnames[i] for i in self.skewed(400, people)]),
            "gender": ("String", [("female", "male")[i] for i in chance.integers(0, 2, people)]),
            "birthday": ("Long", born), "creationDate": ("Long", joined),
            "locationIP": ("String", [f"{a}.{b}.{c}.7" for a, b, c in chance.integers(1, 255, (people, 3))]),
            "browserUsed": ("String", [("Firefox", "Chrome", "Opera")[i] for i in self.skewed(3, people)])})
        city = self.skewed(CITIES, people)
        self.edges("IS_LOCATED_IN", ("Person", "City"), range(people), city)
        who = self.some_people(23 * people)
        self.edges("HAS_INTEREST", ("Person", "Tag"), *self.distinct(who, self.skewed(TAGS, len(who))))
        who = chance.integers(0, people, 2 * people)
        who, at = self.distinct(who, self.skewed(COMPANIES, len(who)))
        self.edges("WORK_AT", ("Person", "Company"), who, at,
                   ("workFrom", chance.integers(1990, 2013, len(who))))
        self.friendships(joined)
        posts, comments = self.messages(city, joined)
        return Network(people, posts, comments, self.tables)

    def places(self) -> None:
        self.nodes("Country", "land", {"name": ("String", [f"Country{i}" for i in range(COUNTRIES)])})
        self.nodes("City", "city", {"name": ("String", [f"City{i}" for i in range(CITIES)])})
        self.nodes("Company", "firm", {"name": ("String", [f"Company{i}" for i in range(COMPANIES)])})
        self.nodes("TagClass", "class", {"name": ("String", [f"Class{i}" for i in range(TAG_CLASSES)])})
        self.nodes("Tag", "tag", {"name": ("String", [f"Tag{i}" for i in range(TAGS)])})
        self.edges("IS_PART_OF", ("City", "Country"), range(CITIES), [i % COUNTRIES for i in range(CITIES)])
        self.edges("IS_LOCATED_IN", ("Company", "Country"), range(COMPANIES),
                   [i % COUNTRIES for i in range(COMPANIES)])
        self.edges("HAS_TYPE", ("Tag", "TagClass"), range(TAGS), [i % TAG_CLASSES for i in range(TAGS)])

    def friendships(self, joined) -> None:
        """LDBC's mean degree of n people is n^(0.512 - 0.028 log10 n)."""
        people = self.people
        degree = people ** (0.512 - 0.028 * numpy.log10(people))
        count = int(people * degree / 2 * 1.15)
        a = self.some_people(count)
        near = a + self.chance.geometric(2 / degree, count) * self.chance.choice((-1, 1), count)
        b = numpy.where(self.chance.random(count) < 0.7, near % people, self.some_people(count))
        a, b = a[a != b], b[a != b]
        a, b = self.distinct(numpy.minimum(a, b), numpy.maximum(a, b))
        self.edges("KNOWS", ("Person", "Person"), a, b,
                   ("creationDate", self.times(len(a), numpy.maximum(joined[a], joined[b]))))

    def messages(self, city, joined) -> tuple[int, int]:
        chance, people = self.chance, self.people
        forums, posts, comments = 9 * people, 50 * people, 100 * people
        moderator = self.some_people(forums)
        opened = self.times(forums, joined[moderator])
        self.nodes("Forum", "forum", {"title": ("String", [f"Forum {i} of {m}" for i, m in enumerate(moderator)]),
                                      "creationDate": ("Long", opened)})
        self.edges("HAS_MODERATOR", ("Forum", "Person"), range(forums), moderator)
        in_forum, member = self.distinct(self.skewed(forums, 150 * people), self.some_people(150 * people))
        self.edges("HAS_MEMBER", ("Forum", "Person"), in_forum, member,
                   ("joinDate", self.times(len(member), opened[in_forum])))
        self.edges("HAS_TAG", ("Forum", "Tag"), *self.distinct(self.skewed(forums, 30 * people, 1),
                                                              self.skewed(TAGS, 30 * people)))

        # Those of one person stand together, by time: as they do in LDBC's files.
        author = numpy.sort(self.some_people(posts))
        posted = self.times(posts, joined[author])
        posted = posted[numpy.lexsort((posted, author))]
        self.message_nodes("Post", "post", posted)
        self.edges("HAS_CREATOR", ("Post", "Person"), range(posts), author)
        self.edges("CONTAINER_OF", ("Forum", "Post"), self.skewed(forums, posts), range(posts))

        # A comment answers a post, or an earlier comment on it.
        writer = numpy.sort(self.some_people(comments))
        about = chance.integers(0, posts, comments)
        written = self.times(comments, numpy.maximum(joined[writer], posted[about]))
        self.message_nodes("Comment", "comment", written)
        self.edges("HAS_CREATOR", ("Comment", "Person"), range(comments), writer)
        order = numpy.argsort(written, kind="stable")
        latest: dict[int, int] = {}
        replies = chance.random(comments) < 0.5
        to_post, to_comment = [], []
        for comment in order.tolist():
            post = int(about[comment])
            if replies[comment] and post in latest:
                to_comment.append((comment, latest[post]))
            else:
                to_post.append((comment, post))
            latest[post] = comment
        self.edges("REPLY_OF", ("Comment", "Post"), *zip(*to_post))
        self.edges("REPLY_OF", ("Comment", "Comment"), *zip(*to_comment))
        for label, count, who, when in (("Post", posts, author, posted), ("Comment", comments, writer, written)):
            self.edges("IS_LOCATED_IN", (label, "Country"), range(count),
                       numpy.where(chance.random(count) < 0.85, city[who] % COUNTRIES, self.skewed(COUNTRIES, count)))
            tagged = self.skewed(count, int(1.1 * count), 1)
            self.edges("HAS_TAG", (label, "Tag"), *self.distinct(tagged, self.skewed(TAGS, len(tagged))))
            likes = int(0.75 * count)
            fan, liked = self.distinct(self.some_people(likes), self.skewed(count, likes, 1))
            self.edges("LIKES", ("Person", label), fan, liked,
                       ("creationDate", self.times(len(fan), when[liked])))
        return posts, comments

    def message_nodes(self, label: str, prefix: str, when) -> None:
        texts = self.texts(len(when))
        self.nodes(label, prefix, {"creationDate": ("Long", when), "content": ("String", texts),
                                   "length": ("Int", [len(text) for text in texts])})


PREFIX = {"Person": "p", "City": "city", "Country": "land", "Company": "firm", "Tag": "tag",
          "TagClass": "class", "Forum": "forum", "Post": "post", "Comment": "comment"}


def make(folder: pathlib.Path, edges: int, seed: int = 17) -> Network:
    return Maker(folder, max(edges // EDGES_A_PERSON, 50), seed).make()
