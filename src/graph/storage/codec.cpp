#include "graph/storage/codec.h"

#include <bit>
#include <cstring>

#include "graph/storage/packed.h"

namespace gyre::graph {
namespace {

/// Types on the disk; never renumbered.
enum Tag : uint8_t {
    kNull = 0,
    kFalse = 1,
    kTrue = 2,
    kByte = 3,
    kShort = 4,
    kInt = 5,
    kLong = 6,
    kFloat = 7,
    kDouble = 8,
    kBigInteger = 9,
    kBigDecimal = 10,
    kText = 11,
    kChar = 12,
    kUuid = 13,
    kDate = 14,
    kList = 15,
    kSet = 16,
    kMap = 17,
    kTemporal = 18,
    kDuration = 19,
    kBinary = 20,
};
constexpr int kMaxDepth = 32;

void AppendSigned(std::string& bytes, int64_t number) {
    AppendVarint(bytes, (static_cast<uint64_t>(number) << 1) ^ static_cast<uint64_t>(number >> 63));
}

bool ReadSigned(std::string_view& bytes, int64_t& number) {
    uint64_t folded = 0;
    if (!ReadVarint(bytes, folded)) return false;
    number = static_cast<int64_t>((folded >> 1) ^ (~(folded & 1) + 1));
    return true;
}

template <typename Raw>
void AppendRaw(std::string& bytes, Raw raw) {
    char buffer[sizeof raw];
    std::memcpy(buffer, &raw, sizeof raw);
    bytes.append(buffer, sizeof raw);
}

template <typename Raw>
bool ReadRaw(std::string_view& bytes, Raw& raw) {
    if (bytes.size() < sizeof raw) return false;
    std::memcpy(&raw, bytes.data(), sizeof raw);
    bytes.remove_prefix(sizeof raw);
    return true;
}

struct Writer {
    std::string& bytes;

    void Tagged(Tag tag) { bytes += static_cast<char>(tag); }
    void operator()(std::monostate) { Tagged(kNull); }
    void operator()(bool v) { Tagged(v ? kTrue : kFalse); }
    void operator()(int8_t v) { Number(kByte, v); }
    void operator()(int16_t v) { Number(kShort, v); }
    void operator()(int32_t v) { Number(kInt, v); }
    void operator()(int64_t v) { Number(kLong, v); }
    void operator()(float v) {
        Tagged(kFloat);
        AppendRaw(bytes, v);
    }
    void operator()(double v) {
        Tagged(kDouble);
        AppendRaw(bytes, v);
    }
    void operator()(const BigInteger& v) { Text(kBigInteger, v.digits); }
    void operator()(const BigDecimal& v) { Text(kBigDecimal, v.digits); }
    void operator()(const std::string& v) { Text(kText, v); }
    void operator()(const Binary& v) { Text(kBinary, v.bytes); }
    void operator()(Char v) {
        Tagged(kChar);
        AppendVarint(bytes, v.code);
    }
    void operator()(const Uuid& v) {
        Tagged(kUuid);
        bytes.append(reinterpret_cast<const char*>(v.bytes.data()), v.bytes.size());
    }
    void operator()(const Date& v) {
        Number(kDate, v.milliseconds);
        AppendSigned(bytes, v.offset_seconds);
    }
    void operator()(const Ptr<Temporal>& v) {
        Tagged(kTemporal);
        bytes += static_cast<char>(v->kind);
        AppendSigned(bytes, v->days);
        AppendSigned(bytes, v->nanos);
        AppendSigned(bytes, v->offset);
        AppendText(bytes, v->zone);
    }
    void operator()(const Duration& v) {
        Tagged(kDuration);
        for (const int64_t part : {v.months, v.days, v.seconds, int64_t{v.nanos}}) {
            AppendSigned(bytes, part);
        }
    }
    void operator()(const Ptr<List>& v) { Items(kList, v->items); }
    void operator()(const Ptr<Set>& v) { Items(kSet, v->items); }
    void operator()(const Ptr<Map>& v) {
        Tagged(kMap);
        AppendVarint(bytes, v->Size());
        for (const auto& [key, value] : v->Items()) {
            AppendValue(bytes, key);
            AppendValue(bytes, value);
        }
    }
    template <typename Other>
    void operator()(const Other&) {
        Tagged(kNull);  // IsStorable has refused it
    }

    void Number(Tag tag, int64_t number) {
        Tagged(tag);
        AppendSigned(bytes, number);
    }
    void Text(Tag tag, const std::string& text) {
        Tagged(tag);
        AppendText(bytes, text);
    }
    void Items(Tag tag, const Values& items) {
        Tagged(tag);
        AppendVarint(bytes, items.size());
        for (const Value& item : items) AppendValue(bytes, item);
    }
};

bool Read(std::string_view& bytes, Value& value, int depth);

bool ReadItems(std::string_view& bytes, Values& items, int depth, uint64_t per_item) {
    uint64_t count = 0;
    if (depth > kMaxDepth || !ReadVarint(bytes, count) || count > bytes.size()) return false;
    items.resize(static_cast<size_t>(count * per_item));
    for (Value& item : items) {
        if (!Read(bytes, item, depth + 1)) return false;
    }
    return true;
}

template <typename Whole>
bool ReadWhole(std::string_view& bytes, Value& value) {
    int64_t number = 0;
    if (!ReadSigned(bytes, number)) return false;
    value = Value(static_cast<Whole>(number));
    return true;
}

template <typename Raw>
bool ReadFloating(std::string_view& bytes, Value& value) {
    Raw raw = 0;
    if (!ReadRaw(bytes, raw)) return false;
    value = Value(raw);
    return true;
}

template <typename Wide>
bool ReadDigits(std::string_view& bytes, Value& value) {
    Wide wide;
    if (!ReadText(bytes, wide.digits)) return false;
    value = Value(std::move(wide));
    return true;
}

bool ReadTemporal(std::string_view& bytes, Value& value) {
    auto temporal = std::make_shared<Temporal>();
    uint8_t kind = 0;
    int64_t offset = 0;
    if (!ReadRaw(bytes, kind) || kind > 4 || !ReadSigned(bytes, temporal->days) ||
        !ReadSigned(bytes, temporal->nanos) || !ReadSigned(bytes, offset) ||
        !ReadText(bytes, temporal->zone)) {
        return false;
    }
    temporal->kind = static_cast<Temporal::Kind>(kind);
    temporal->offset = static_cast<int32_t>(offset);
    value = Value(std::move(temporal));
    return true;
}

bool ReadDuration(std::string_view& bytes, Value& value) {
    Duration duration;
    int64_t nanos = 0;
    if (!ReadSigned(bytes, duration.months) || !ReadSigned(bytes, duration.days) ||
        !ReadSigned(bytes, duration.seconds) || !ReadSigned(bytes, nanos)) {
        return false;
    }
    duration.nanos = static_cast<int32_t>(nanos);
    value = Value(duration);
    return true;
}

bool Read(std::string_view& bytes, Value& value, int depth) {
    if (bytes.empty()) return false;
    const auto tag = static_cast<Tag>(bytes.front());
    bytes.remove_prefix(1);
    switch (tag) {
        case kNull:
            value = Value();
            return true;
        case kFalse:
            value = Value(false);
            return true;
        case kTrue:
            value = Value(true);
            return true;
        case kByte:
            return ReadWhole<int8_t>(bytes, value);
        case kShort:
            return ReadWhole<int16_t>(bytes, value);
        case kInt:
            return ReadWhole<int32_t>(bytes, value);
        case kLong:
            return ReadWhole<int64_t>(bytes, value);
        case kFloat:
            return ReadFloating<float>(bytes, value);
        case kDouble:
            return ReadFloating<double>(bytes, value);
        case kBigInteger:
            return ReadDigits<BigInteger>(bytes, value);
        case kBigDecimal:
            return ReadDigits<BigDecimal>(bytes, value);
        case kText: {
            std::string text;
            if (!ReadText(bytes, text)) return false;
            value = Value(std::move(text));
            return true;
        }
        case kBinary: {
            Binary binary;
            if (!ReadText(bytes, binary.bytes)) return false;
            value = Value(std::move(binary));
            return true;
        }
        case kChar: {
            uint64_t code = 0;
            if (!ReadVarint(bytes, code)) return false;
            value = Value(Char{static_cast<char32_t>(code)});
            return true;
        }
        case kUuid: {
            Uuid uuid;
            if (!ReadRaw(bytes, uuid.bytes)) return false;
            value = Value(uuid);
            return true;
        }
        case kDate: {
            int64_t milliseconds = 0;
            int64_t offset = 0;
            if (!ReadSigned(bytes, milliseconds) || !ReadSigned(bytes, offset)) return false;
            value = Value(Date{milliseconds, static_cast<int32_t>(offset)});
            return true;
        }
        case kTemporal:
            return ReadTemporal(bytes, value);
        case kDuration:
            return ReadDuration(bytes, value);
        case kList: {
            auto list = std::make_shared<List>();
            if (!ReadItems(bytes, list->items, depth, 1)) return false;
            value = Value(std::move(list));
            return true;
        }
        case kSet: {
            auto set = std::make_shared<Set>();
            if (!ReadItems(bytes, set->items, depth, 1)) return false;
            value = Value(std::move(set));
            return true;
        }
        case kMap: {
            Values flat;
            if (!ReadItems(bytes, flat, depth, 2)) return false;
            auto map = std::make_shared<Map>();
            for (size_t i = 0; i < flat.size(); i += 2) map->Put(flat[i], flat[i + 1]);
            value = Value(std::move(map));
            return true;
        }
    }
    return false;
}

}  // namespace

void AppendOrdered(std::string& bytes, uint64_t number) {
    const int length = (std::bit_width(number) + 7) / 8;
    bytes += static_cast<char>(length);
    for (int i = length - 1; i >= 0; --i) bytes += static_cast<char>(number >> (8 * i));
}

bool ReadOrdered(std::string_view& bytes, uint64_t& number) {
    if (bytes.empty()) return false;
    const auto length = static_cast<uint8_t>(bytes.front());
    if (length > 8 || bytes.size() < length + 1U) return false;
    number = 0;
    for (size_t i = 1; i <= length; ++i) number = number << 8 | static_cast<uint8_t>(bytes[i]);
    bytes.remove_prefix(length + 1U);
    return true;
}

void AppendVarint(std::string& bytes, uint64_t number) {
    while (number >= 0x80) {
        bytes += static_cast<char>(number | 0x80);
        number >>= 7;
    }
    bytes += static_cast<char>(number);
}

bool ReadVarint(std::string_view& bytes, uint64_t& number) {
    if (!bytes.empty() && static_cast<uint8_t>(bytes[0]) < 0x80) {
        number = static_cast<uint8_t>(bytes[0]);
        bytes.remove_prefix(1);
        return true;
    }
    number = 0;
    for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
        number |= static_cast<uint64_t>(bytes[i] & 0x7F) << (7 * i);
        if ((bytes[i] & 0x80) != 0) continue;
        bytes.remove_prefix(i + 1);
        return true;
    }
    return false;
}

void AppendText(std::string& bytes, std::string_view text) {
    AppendVarint(bytes, text.size());
    bytes += text;
}

bool ReadText(std::string_view& bytes, std::string& text) {
    std::string_view where;
    if (!ReadText(bytes, where)) return false;
    text.assign(where);
    return true;
}

bool ReadText(std::string_view& bytes, std::string_view& text) {
    uint64_t size = 0;
    if (!ReadVarint(bytes, size) || size > bytes.size()) return false;
    text = bytes.substr(0, static_cast<size_t>(size));
    bytes.remove_prefix(text.size());
    return true;
}

bool IsStorable(const Value& value) {
    const auto all = [](const Values& items) {
        for (const Value& item : items) {
            if (!IsStorable(item)) return false;
        }
        return true;
    };
    if (const auto* list = value.If<Ptr<List>>()) return all((*list)->items);
    if (const auto* set = value.If<Ptr<Set>>()) return all((*set)->items);
    if (const auto* map = value.If<Ptr<Map>>()) {
        for (const auto& [key, item] : (*map)->Items()) {
            if (!IsStorable(key) || !IsStorable(item)) return false;
        }
        return true;
    }
    return value.Index() <= Value(Date{}).Index() || value.Is<Ptr<Temporal>>() ||
           value.Is<Duration>() || value.Is<Binary>();
}

void AppendValue(std::string& bytes, const Value& value) {
    std::visit(Writer{bytes}, value.Get());
}

void AppendTextValue(std::string& bytes, std::string_view text) {
    bytes += static_cast<char>(kText);
    AppendText(bytes, text);
}

bool ReadValue(std::string_view& bytes, Value& value) {
    return Read(bytes, value, 0);
}

bool PassValue(std::string_view& bytes) {
    if (bytes.empty()) return false;
    std::string_view rest = bytes.substr(1);
    uint64_t number = 0;
    switch (static_cast<Tag>(bytes.front())) {
        case kText:
            if (!ReadSmall(rest, number) || number > rest.size()) return false;
            bytes = rest.substr(static_cast<size_t>(number));
            return true;
        case kByte:
        case kShort:
        case kInt:
        case kLong:
            while (!rest.empty() && static_cast<uint8_t>(rest.front()) >= 0x80) {
                rest.remove_prefix(1);
            }
            if (rest.empty()) return false;
            bytes = rest.substr(1);
            return true;
        default: {
            Value ignored;
            return ReadValue(bytes, ignored);
        }
    }
}

}  // namespace gyre::graph
