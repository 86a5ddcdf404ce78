#include <bit>
#include <cstring>

#include "core/utf8.h"
#include "graph/exec/write.h"
#include "graph/file/graph_file.h"

namespace gyre::graph::file {
namespace {

using core::Result;

/// What Kryo writes of itself, as far as graphs in files need it: the JVM's numbers, texts,
/// collections, maps, dates and UUIDs (Kryo 3 with references; TinkerPop's numbers of classes).
class Kryo {
  public:
    explicit Kryo(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool AtEnd() const { return rest_.empty(); }
    /// What was read before can be named no more.
    void Forget() { known_.clear(); }
    /// An object whose body the caller reads.
    void NoteOne() { known_.emplace_back(); }
    tl::unexpected<core::Error> Wrong(const std::string& why) const {
        return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                          "the file is no Gryo: " + why + ", " + std::to_string(rest_.size()) +
                              " bytes before its end");
    }
    core::Status Skip(std::string_view wanted, const char* what) {
        if (!rest_.starts_with(wanted)) return Wrong(std::string("expected ") + what);
        rest_.remove_prefix(wanted.size());
        return {};
    }
    Result<std::string_view> Bytes(size_t count) {
        if (rest_.size() < count) return Wrong("it is cut");
        const std::string_view bytes = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return bytes;
    }
    Result<uint64_t> Varint() {
        uint64_t number = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            GYRE_ASSIGN(const auto byte, Bytes(1));
            number |= (static_cast<uint64_t>(byte[0]) & 0x7F) << shift;
            if ((byte[0] & 0x80) == 0) return number;
        }
        return Wrong("a number is too long");
    }
    Result<int64_t> Signed() {
        GYRE_ASSIGN(const uint64_t number, Varint());
        return static_cast<int64_t>(number >> 1) ^ -static_cast<int64_t>(number & 1);
    }
    Result<bool> Flag() {
        GYRE_ASSIGN(const auto byte, Bytes(1));
        return byte[0] != 0;
    }
    /// Of items that take a byte at least.
    Result<size_t> Count(bool zigzag) {
        uint64_t count = 0;
        if (zigzag) {
            GYRE_ASSIGN(const int64_t given, Signed());
            count = static_cast<uint64_t>(given);
        } else {
            GYRE_ASSIGN(count, Varint());
        }
        if (count > rest_.size()) return Wrong("it is cut");
        return static_cast<size_t>(count);
    }
    /// An object of a class that the reader knows.
    Result<Value> TextObject() {
        return Referenced([this]() -> Result<Value> {
            GYRE_ASSIGN(std::string text, Text());
            return Value(std::move(text));
        });
    }
    Result<Value> MapObject() {
        return Referenced([this] { return MapBody(); });
    }
    Result<Value> Object() {
        if (++depth_ > kMostDepth) return Wrong("it is nested too deeply");
        auto value = UndeepObject();
        --depth_;
        return value;
    }

  private:
    static constexpr int kMostDepth = 100;

    template <typename Number>
    Result<Number> BigEndian() {
        GYRE_ASSIGN(const auto bytes, Bytes(sizeof(Number)));
        uint64_t number = 0;
        for (const char c : bytes) number = number << 8 | static_cast<uint8_t>(c);
        return static_cast<Number>(number);
    }
    /// A new object, null, or one that came before. It has its number before what is in it.
    template <typename Body>
    Result<Value> Referenced(const Body& body) {
        GYRE_ASSIGN(const uint64_t which, Varint());
        if (which == 0) return Value();
        if (which != 1) {
            if (which - 2 >= known_.size()) return Wrong("a reference leads nowhere");
            return known_[which - 2];
        }
        const size_t place = known_.size();
        known_.emplace_back();
        GYRE_ASSIGN(Value object, body());
        known_[place] = object;
        return object;
    }
    /// Characters of Java's, with UTF-8's bytes for each; a text of ASCII ends with its highest
    /// bit.
    Result<std::string> Text() {
        GYRE_ASSIGN(const auto first, Bytes(1));
        const auto head = static_cast<uint8_t>(first[0]);
        std::string text;
        if ((head & 0x80) == 0) {
            text = first;
            while ((text.back() & 0x80) == 0) {
                GYRE_ASSIGN(const auto next, Bytes(1));
                text += next;
            }
            text.back() = static_cast<char>(text.back() & 0x7F);
            return text;
        }
        uint64_t length = head & 0x3F;
        bool more = (head & 0x40) != 0;
        for (int shift = 6; more; shift += 7) {
            if (shift > 34) return Wrong("a text is too long");
            GYRE_ASSIGN(const auto next, Bytes(1));
            length |= (static_cast<uint64_t>(next[0]) & 0x7F) << shift;
            more = (next[0] & 0x80) != 0;
        }
        if (length > rest_.size() + 1) return Wrong("it is cut");
        char32_t high = 0;
        for (uint64_t i = 1; i < length; ++i) {
            GYRE_ASSIGN(char32_t unit, Character());
            if (unit >= 0xD800 && unit < 0xDC00) {
                high = unit;
                continue;
            }
            if (high != 0 && unit >= 0xDC00 && unit < 0xE000) {
                unit = 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00);
            }
            high = 0;
            core::AppendUtf8(text, unit);
        }
        return text;
    }
    Result<char32_t> Character() {
        GYRE_ASSIGN(const auto first, Bytes(1));
        const auto head = static_cast<uint8_t>(first[0]);
        const size_t behind = head < 0x80 ? 0 : head < 0xE0 ? 1 : 2;
        char32_t unit = behind == 0 ? head : behind == 1 ? head & 0x1FU : head & 0xFU;
        GYRE_ASSIGN(const auto bytes, Bytes(behind));
        for (const char c : bytes) unit = unit << 6 | (static_cast<uint8_t>(c) & 0x3FU);
        return unit;
    }
    Result<Value> Collection(bool set) {
        GYRE_ASSIGN(const size_t count, Count(false));
        Values items;
        for (size_t i = 0; i < count; ++i) {
            GYRE_ASSIGN(Value item, Object());
            items.push_back(std::move(item));
        }
        if (!set) return MakeList(std::move(items));
        auto all = std::make_shared<Set>();
        for (Value& item : items) all->Add(std::move(item));
        return Value(std::move(all));
    }
    Result<Value> MapBody() {
        GYRE_ASSIGN(const size_t count, Count(false));
        auto map = std::make_shared<Map>();
        for (size_t i = 0; i < count; ++i) {
            GYRE_ASSIGN(Value key, Object());
            GYRE_ASSIGN(Value value, Object());
            map->Put(std::move(key), std::move(value));
        }
        return Value(std::move(map));
    }
    Result<Value> UuidBody() {
        GYRE_ASSIGN(const auto bytes, Bytes(16));
        Uuid uuid;
        std::memcpy(uuid.bytes.data(), bytes.data(), 16);
        return Value(uuid);
    }
    /// With its class before it, numbered two more than it is registered.
    Result<Value> UndeepObject() {
        GYRE_ASSIGN(const uint64_t kind, Varint());
        switch (kind) {
            case 0:
                return Value();
            case 2: {
                GYRE_ASSIGN(const int64_t number, Signed());
                return Value(static_cast<int32_t>(number));
            }
            case 3:
                return TextObject();
            case 4: {
                GYRE_ASSIGN(const auto bits, BigEndian<uint32_t>());
                return Value(std::bit_cast<float>(bits));
            }
            case 5: {
                GYRE_ASSIGN(const bool flag, Flag());
                return Value(flag);
            }
            case 6: {
                GYRE_ASSIGN(const auto number, BigEndian<int8_t>());
                return Value(number);
            }
            case 7: {
                GYRE_ASSIGN(const auto unit, BigEndian<uint16_t>());
                return Value(Char{unit});
            }
            case 8: {
                GYRE_ASSIGN(const auto number, BigEndian<int16_t>());
                return Value(number);
            }
            case 9: {
                GYRE_ASSIGN(const int64_t number, Signed());
                return Value(number);
            }
            case 10: {
                GYRE_ASSIGN(const auto bits, BigEndian<uint64_t>());
                return Value(std::bit_cast<double>(bits));
            }
            case 12:  // ArrayList
                return Referenced([this] { return Collection(false); });
            case 13:  // HashMap
            case 49:  // LinkedHashMap
                return MapObject();
            case 19:
                return Referenced([this] { return UuidBody(); });
            case 40:
                return Referenced([this]() -> Result<Value> {
                    GYRE_ASSIGN(const uint64_t milliseconds, Varint());
                    return Value(Date{static_cast<int64_t>(milliseconds), 0});
                });
            case 73:  // LinkedHashSet
                return Referenced([this] { return Collection(true); });
            case 1:
                return Wrong("values of a class that it names are not read");
            default:
                return Wrong("values of the class numbered " + std::to_string(kind - 2) +
                             " are not read");
        }
    }

    std::string_view rest_;
    Values known_;
    int depth_ = 0;
};

/// A vertex as a StarGraph has it, with the edges that leave it.
struct Star {
    struct Edge {
        std::string label;
        Value id, in;
    };
    Value edge_properties;  ///< by the edge's id, of each a map; null: none
    VertexRow row;
    std::vector<Edge> edges;
};

class StarReader {
  public:
    StarReader(Transaction& graph, std::string_view bytes) : graph_(graph), kryo_(bytes) {}

    core::Status All() {
        std::vector<std::pair<uint64_t, Star>> stars;
        while (!kryo_.AtEnd()) {
            GYRE_ASSIGN(Star star, One());
            GYRE_ASSIGN(const uint64_t vertex, graph_.AddVertex(std::move(star.row)));
            stars.emplace_back(vertex, std::move(star));
        }
        for (const auto& [vertex, star] : stars) GYRE_TRY(AddEdges(vertex, star));
        return {};
    }

  private:
    Result<Star> One() {
        kryo_.Forget();
        GYRE_TRY(kryo_.Skip("gio", "a vertex's header"));
        GYRE_TRY(kryo_.Bytes(13));
        // Itself is the first that may be named; -128 is the layout's version.
        GYRE_TRY(kryo_.Skip(std::string_view("\x01\x80", 2), "a vertex"));
        kryo_.NoteOne();
        Star star;
        GYRE_ASSIGN(star.edge_properties, kryo_.MapObject());
        GYRE_ASSIGN(const Value meta, kryo_.MapObject());
        GYRE_ASSIGN(star.row.id, kryo_.Object());
        GYRE_ASSIGN(const Value label, kryo_.TextObject());
        star.row.labels = exec::LabelsOf(graph_, label.IsNull() ? "" : DisplayText(label));
        std::vector<Star::Edge> entering;
        GYRE_TRY(Edges(entering));
        GYRE_TRY(Edges(star.edges));
        GYRE_TRY(AllValues(star.row, meta));
        // Its end: an object of a class of its own, with eight bytes of a kind.
        GYRE_TRY(
            kryo_.Skip(std::string_view("\x0f\x01\x01\x09\x3a\x15\x8a\x11\x70\x9b\x99\x96", 12),
                       "a vertex's end"));
        return star;
    }
    core::Status Edges(std::vector<Star::Edge>& edges) {
        GYRE_ASSIGN(const bool any, kryo_.Flag());
        if (!any) return {};
        GYRE_ASSIGN(const size_t labels, kryo_.Count(true));
        for (size_t i = 0; i < labels; ++i) {
            GYRE_ASSIGN(const Value label, kryo_.TextObject());
            GYRE_ASSIGN(const size_t count, kryo_.Count(true));
            for (size_t at = 0; at < count; ++at) {
                Star::Edge edge{DisplayText(label), {}, {}};
                GYRE_ASSIGN(edge.id, kryo_.Object());
                GYRE_ASSIGN(edge.in, kryo_.Object());
                edges.push_back(std::move(edge));
            }
        }
        return {};
    }
    core::Status AllValues(VertexRow& row, const Value& meta) {
        GYRE_ASSIGN(const bool any, kryo_.Flag());
        if (!any) return {};
        GYRE_ASSIGN(const size_t keys, kryo_.Count(true));
        for (size_t i = 0; i < keys; ++i) {
            GYRE_ASSIGN(const Value key, kryo_.TextObject());
            GYRE_ASSIGN(const size_t count, kryo_.Count(true));
            for (size_t at = 0; at < count; ++at) {
                VertexValue value;
                value.key = graph_.Intern(DisplayText(key));
                GYRE_ASSIGN(const Value id, kryo_.Object());
                GYRE_ASSIGN(value.value, kryo_.Object());
                if (IsWholeId(id)) value.id = WholeId(id) == 0 ? kZeroValueId : WholeId(id);
                value.meta = Named(meta, id);
                row.values.push_back(std::move(value));
            }
        }
        return {};
    }
    /// What `all` has under an id.
    std::vector<std::pair<NameId, Value>> Named(const Value& all, const Value& id) {
        std::vector<std::pair<NameId, Value>> named;
        const auto* map = all.If<Ptr<Map>>();
        const Value* const of = map != nullptr ? (*map)->Find(id) : nullptr;
        const auto* properties = of != nullptr ? of->If<Ptr<Map>>() : nullptr;
        if (properties == nullptr) return named;
        for (const auto& [key, value] : (*properties)->Items()) {
            named.emplace_back(graph_.Intern(DisplayText(key)), value);
        }
        return named;
    }
    core::Status AddEdges(uint64_t vertex, const Star& star) {
        for (const Star::Edge& edge : star.edges) {
            const auto in = graph_.FindVertex(edge.in);
            if (!in) return kryo_.Wrong("there is no vertex " + DisplayText(edge.in));
            EdgeRow row;
            row.id = edge.id;
            row.label = graph_.Intern(edge.label);
            row.out = vertex;
            row.in = *in;
            row.values = Named(star.edge_properties, edge.id);
            GYRE_TRY(graph_.AddEdge(std::move(row)));
        }
        return {};
    }

    Transaction& graph_;
    Kryo kryo_;
};

}  // namespace

core::Status ReadGryo(Transaction& graph, std::string_view bytes) {
    return StarReader(graph, bytes).All();
}

}  // namespace gyre::graph::file
