#include "graph/value.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <type_traits>

#include "graph/predicate.h"

namespace gyre::graph {
namespace {

constexpr size_t kIndexFrom = 12;  // a small map is searched faster than hashed

size_t Mix(size_t seed, size_t hash) {
    return seed ^ (hash + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2));
}

bool SameAll(const Values& a, const Values& b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), SameValue);
}

bool SameEntries(const Map& a, const Map& b) {
    if (a.Size() != b.Size()) return false;
    return std::ranges::all_of(a.Items(), [&](const Map::Item& item) {
        const Value* other = b.Find(item.first);
        return other != nullptr && SameValue(item.second, *other);
    });
}

bool SameTree(const Tree& a, const Tree& b) {
    if (a.branches.size() != b.branches.size()) return false;
    return std::ranges::all_of(a.branches, [&](const auto& branch) {
        return std::ranges::any_of(b.branches, [&](const auto& other) {
            return SameValue(branch.first, other.first) && SameTree(*branch.second, *other.second);
        });
    });
}

struct Same {
    template <typename A, typename B>
    bool operator()(const A&, const B&) const {
        return false;
    }
    template <typename A>
    bool operator()(const A& a, const A& b) const {
        return a == b;
    }
    // As Double.equals: NaN equals itself.
    bool operator()(double a, double b) const { return a == b || (a != a && b != b); }
    bool operator()(float a, float b) const { return a == b || (a != a && b != b); }
    bool operator()(const Ptr<VertexProperty>& a, const Ptr<VertexProperty>& b) const {
        // One that a client sent does not say whose it is.
        const bool whose = a->vertex.id != 0 && b->vertex.id != 0;
        return a->id == b->id && (!whose || a->vertex == b->vertex);
    }
    bool operator()(const Ptr<Property>& a, const Ptr<Property>& b) const {
        return a->key == b->key && SameValue(a->value, b->value);
    }
    bool operator()(const Ptr<Path>& a, const Ptr<Path>& b) const {
        return SameAll(a->objects, b->objects) && a->labels == b->labels;
    }
    bool operator()(const Ptr<List>& a, const Ptr<List>& b) const {
        return SameAll(a->items, b->items);
    }
    bool operator()(const Ptr<Set>& a, const Ptr<Set>& b) const {
        return a->items.size() == b->items.size() &&
               std::ranges::all_of(a->items, [&](const Value& v) { return b->Contains(v); });
    }
    bool operator()(const Ptr<Map>& a, const Ptr<Map>& b) const { return SameEntries(*a, *b); }
    bool operator()(const Ptr<Entry>& a, const Ptr<Entry>& b) const {
        return SameValue(a->key, b->key) && SameValue(a->value, b->value);
    }
    bool operator()(const Ptr<Tree>& a, const Ptr<Tree>& b) const { return SameTree(*a, *b); }
    bool operator()(const Ptr<Temporal>& a, const Ptr<Temporal>& b) const { return *a == *b; }
    bool operator()(const Ptr<ElementReference>& a, const Ptr<ElementReference>& b) const {
        return a->kind == b->kind && SameValue(a->id, b->id);
    }
};

struct Hash {
    size_t operator()(std::monostate) const { return 1; }
    size_t operator()(const BigInteger& v) const { return std::hash<std::string>()(v.digits); }
    size_t operator()(const BigDecimal& v) const { return std::hash<std::string>()(v.digits); }
    size_t operator()(const Binary& v) const { return std::hash<std::string>()(v.bytes); }
    size_t operator()(Char v) const { return std::hash<uint32_t>()(v.code); }
    size_t operator()(const Uuid& v) const {
        return std::hash<std::string_view>()(
            {reinterpret_cast<const char*>(v.bytes.data()), v.bytes.size()});
    }
    size_t operator()(const Date& v) const { return std::hash<int64_t>()(v.milliseconds); }
    size_t operator()(Token v) const { return static_cast<size_t>(v.kind) * 31 + v.value; }
    size_t operator()(VertexRef v) const { return std::hash<uint64_t>()(v.id * 2 + 1); }
    size_t operator()(const EdgeRef& v) const { return std::hash<uint64_t>()(v.id * 2); }
    size_t operator()(const Ptr<VertexProperty>& v) const { return std::hash<int64_t>()(v->id); }
    size_t operator()(const Ptr<Property>& v) const {
        return Mix(std::hash<std::string>()(v->key), HashValue(v->value));
    }
    size_t operator()(const Ptr<Path>& v) const { return All(v->objects, 7); }
    size_t operator()(const Ptr<List>& v) const { return All(v->items, 11); }
    size_t operator()(const Ptr<Set>& v) const {
        size_t sum = 13;
        for (const Value& item : v->items) sum += HashValue(item);
        return sum;
    }
    size_t operator()(const Ptr<Map>& v) const {
        size_t sum = 17;
        for (const auto& [key, value] : v->Items()) sum += Mix(HashValue(key), HashValue(value));
        return sum;
    }
    size_t operator()(const Ptr<Entry>& v) const {
        return Mix(HashValue(v->key), HashValue(v->value));
    }
    size_t operator()(const Ptr<Tree>& v) const { return v->branches.size(); }
    size_t operator()(const Ptr<Temporal>& v) const {
        return Mix(std::hash<int64_t>()(v->days), std::hash<int64_t>()(v->nanos));
    }
    size_t operator()(const Duration& v) const {
        return Mix(std::hash<int64_t>()(v.months * 31 + v.days), std::hash<int64_t>()(v.seconds));
    }
    size_t operator()(const Ptr<ElementReference>& v) const { return HashValue(v->id); }
    template <typename V>
    size_t operator()(const V& v) const {
        return std::hash<V>()(v);
    }
    static size_t All(const Values& items, size_t seed) {
        for (const Value& item : items) seed = Mix(seed, HashValue(item));
        return seed;
    }
};

}  // namespace

// Rows of values are mostly nulls, integers and elements: those are copied, moved and left without
// the tables of std::variant.
namespace {

template <size_t... i>
constexpr auto PlainAlternatives(std::index_sequence<i...> /*all*/) {
    return std::array<bool, sizeof...(i)>{
        std::is_trivially_copyable_v<std::variant_alternative_t<i, Value::Variant>>...};
}

bool IsPlain(const Value::Variant& variant) {
    static constexpr auto kPlain =
        PlainAlternatives(std::make_index_sequence<std::variant_size_v<Value::Variant>>());
    return variant.index() < kPlain.size() && kPlain[variant.index()];
}

/// Makes a copy of one that is nothing but its bytes; false for others.
bool MadePlain(Value::Variant* made, const Value::Variant& from) {
    if (!IsPlain(from)) return false;
    std::memcpy(static_cast<void*>(made), static_cast<const void*>(&from), sizeof from);
    return true;
}

}  // namespace

Value::Value() noexcept : variant_() {
}
Value::Value(const Value& other) {
    if (!MadePlain(&variant_, other.variant_)) std::construct_at(&variant_, other.variant_);
}
Value::Value(Value&& other) noexcept {
    if (!MadePlain(&variant_, other.variant_)) {
        std::construct_at(&variant_, std::move(other.variant_));
    }
}
Value& Value::operator=(const Value& other) {
    if (this == &other) return *this;
    if (IsPlain(variant_) && MadePlain(&variant_, other.variant_)) return *this;
    return *this = Value(other);
}
Value& Value::operator=(Value&& other) noexcept {
    if (this == &other) return *this;
    if (!IsPlain(variant_)) std::destroy_at(&variant_);
    std::construct_at(this, std::move(other));
    return *this;
}
Value::~Value() {
    if (!IsPlain(variant_)) std::destroy_at(&variant_);
}

Set::Set() = default;
Set::Set(const Set&) = default;
Set::Set(Set&&) noexcept = default;
Set& Set::operator=(const Set&) = default;
Set& Set::operator=(Set&&) noexcept = default;
Set::~Set() = default;

Map::Map() = default;
Map::Map(const Map&) = default;
Map::Map(Map&&) noexcept = default;
Map& Map::operator=(const Map&) = default;
Map& Map::operator=(Map&&) noexcept = default;
Map::~Map() = default;

bool SameValue(const Value& a, const Value& b) {
    if (a.Index() != b.Index()) return false;
    return std::visit(Same{}, a.Get(), b.Get());
}

size_t HashValue(const Value& value) {
    return Mix(value.Index(), std::visit(Hash{}, value.Get()));
}

bool Set::Contains(const Value& value) const {
    if (index_.size() != items.size()) {
        index_.clear();
        for (size_t i = 0; i < items.size(); ++i) index_.emplace(items[i], i);
    }
    return index_.contains(value);
}

bool Set::Add(Value value) {
    if (Contains(value)) return false;
    index_.emplace(value, items.size());
    items.push_back(std::move(value));
    return true;
}

size_t Map::IndexOf(const Value& key) const {
    if (!index_.empty()) {
        const auto found = index_.find(key);
        return found == index_.end() ? items_.size() : found->second;
    }
    size_t i = 0;
    while (i < items_.size() && !SameValue(items_[i].first, key)) ++i;
    return i;
}

void Map::Index() {
    index_.clear();
    if (items_.size() < kIndexFrom) return;
    for (size_t i = 0; i < items_.size(); ++i) index_.emplace(items_[i].first, i);
}

const Value* Map::Find(const Value& key) const {
    const size_t at = IndexOf(key);
    return at == items_.size() ? nullptr : &items_[at].second;
}

Value& Map::At(const Value& key, bool* added) {
    const size_t at = IndexOf(key);
    const bool missing = at == items_.size();
    if (added != nullptr) *added = missing;
    if (!missing) return items_[at].second;
    items_.emplace_back(key, Value());
    if (!index_.empty()) {
        index_.emplace(key, at);
    } else if (items_.size() >= kIndexFrom) {
        Index();
    }
    return items_.back().second;
}

void Map::Remove(const Value& key) {
    const size_t at = IndexOf(key);
    if (at == items_.size()) return;
    items_.erase(items_.begin() + static_cast<ptrdiff_t>(at));
    Index();
}

void Map::Sort(bool (*less)(const Item&, const Item&)) {
    std::ranges::stable_sort(items_, less);
    Index();
}

Ptr<Tree>& Tree::Branch(const Value& key) {
    for (auto& [at, tree] : branches) {
        if (SameValue(at, key)) return tree;
    }
    branches.emplace_back(key, std::make_shared<Tree>());
    return branches.back().second;
}

namespace {

constexpr uint64_t kMostCounted = uint64_t{1} << 40;

void Include(Extent& whole, const Value& part, int64_t times = 1) {
    const Extent extent = ExtentOf(part);
    const auto count = std::min(static_cast<uint64_t>(times), kMostCounted / extent.size);
    whole.size = std::min(whole.size + extent.size * count, kMostCounted);
    whole.depth = std::max(whole.depth, extent.depth + 1);
}

template <typename Nested, typename AddParts>
Extent Found(const Nested& nested, AddParts add_parts) {
    Extent& found = nested.extent.found;
    if (found.size > 0) return found;
    Extent whole{1, 0};
    add_parts(whole);
    return found = whole;
}

Extent ExtentOf(const Tree& tree) {
    return Found(tree, [&](Extent& whole) {
        for (const auto& [key, branch] : tree.branches) {
            Include(whole, key);
            const Extent inner = ExtentOf(*branch);
            whole.size = std::min(whole.size + inner.size, kMostCounted);
            whole.depth = std::max(whole.depth, inner.depth + 1);
        }
    });
}

}  // namespace

Extent ExtentOf(const Value& value) {
    const auto of_items = [](const auto& nested, const Values& items) {
        return Found(nested, [&](Extent& whole) {
            for (const Value& item : items) Include(whole, item);
        });
    };
    if (const auto* text = value.If<std::string>()) return {1 + text->size() / 256, 0};
    if (const auto* binary = value.If<Binary>()) return {1 + binary->bytes.size() / 256, 0};
    if (const auto* list = value.If<Ptr<List>>()) return of_items(**list, (*list)->items);
    if (const auto* set = value.If<Ptr<Set>>()) return of_items(**set, (*set)->items);
    if (const auto* path = value.If<Ptr<Path>>()) return of_items(**path, (*path)->objects);
    if (const auto* tree = value.If<Ptr<Tree>>()) return ExtentOf(**tree);
    if (const auto* map = value.If<Ptr<Map>>()) {
        return Found(**map, [&](Extent& whole) {
            for (const auto& [key, inner] : (*map)->Items()) {
                Include(whole, key);
                Include(whole, inner);
            }
        });
    }
    if (const auto* entry = value.If<Ptr<Entry>>()) {
        return Found(**entry, [&](Extent& whole) {
            Include(whole, (*entry)->key);
            Include(whole, (*entry)->value);
        });
    }
    if (const auto* bulk = value.If<Ptr<BulkSet>>()) {
        return Found(**bulk, [&](Extent& whole) {
            for (const auto& [item, times] : (*bulk)->items) Include(whole, item, times);
        });
    }
    return {1, 0};
}

Value MakeList(Values items) {
    return Value(std::make_shared<List>(List{std::move(items), {}}));
}

Value MakeText(std::string text) {
    return Value(std::move(text));
}

}  // namespace gyre::graph
