#include "graph/bolt/pack_stream.h"

#include <bit>

#include "graph/calendar.h"
#include "graph/temporal.h"

namespace gyre::graph::bolt {
namespace {

using Kind = Temporal::Kind;

constexpr int kMaxDepth = 64;

core::Error Broken(const char* what) {
    return {core::Code::kInvalidArgument, "BadRequestException",
            std::string("a Bolt message is broken: ") + what};
}

class Reader {
  public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    core::Result<Message> Whole() {
        Message message;
        uint8_t mark = 0;
        if (!Byte(mark) || (mark & 0xF0) != 0xB0 || !Byte(message.tag)) {
            return core::Fail(Broken("it is no structure"));
        }
        for (int i = 0; i < (mark & 0x0F); ++i) {
            GYRE_ASSIGN(auto field, Any(0));
            message.fields.push_back(std::move(field));
        }
        if (!bytes_.empty()) return core::Fail(Broken("bytes are left behind it"));
        return message;
    }

  private:
    bool Byte(uint8_t& byte) {
        if (bytes_.empty()) return false;
        byte = static_cast<uint8_t>(bytes_[0]);
        bytes_.remove_prefix(1);
        return true;
    }
    bool Big(int size, uint64_t& number) {
        if (bytes_.size() < static_cast<size_t>(size)) return false;
        number = 0;
        for (int i = 0; i < size; ++i)
            number = number << 8 | static_cast<uint8_t>(bytes_[static_cast<size_t>(i)]);
        bytes_.remove_prefix(static_cast<size_t>(size));
        return true;
    }
    core::Result<Value> Whole(int size) {
        uint64_t number = 0;
        if (!Big(size, number)) return core::Fail(Broken("it ends early"));
        const int shift = 64 - size * 8;
        return Value(static_cast<int64_t>(number << shift) >> shift);
    }
    core::Result<uint64_t> Count(int size) {
        uint64_t count = 0;
        if (!Big(size, count) || count > bytes_.size()) return core::Fail(Broken("it ends early"));
        return count;
    }

    core::Result<Value> Any(int depth) {
        uint8_t mark = 0;
        if (depth > kMaxDepth) return core::Fail(Broken("it is nested too deeply"));
        if (!Byte(mark)) return core::Fail(Broken("it ends early"));
        if (mark < 0x80 || mark >= 0xF0)
            return Value(static_cast<int64_t>(static_cast<int8_t>(mark)));
        const uint64_t low = mark & 0x0F;
        switch (mark & 0xF0) {
            case 0x80:
                return Text(low);
            case 0x90:
                return List(low, depth);
            case 0xA0:
                return Map(low, depth);
            case 0xB0:
                return Structure(low, depth);
            default:
                break;
        }
        switch (mark) {
            case 0xC0:
                return Value();
            case 0xC1: {
                uint64_t bits = 0;
                if (!Big(8, bits)) return core::Fail(Broken("it ends early"));
                return Value(std::bit_cast<double>(bits));
            }
            case 0xC2:
                return Value(false);
            case 0xC3:
                return Value(true);
            case 0xC8:
            case 0xC9:
            case 0xCA:
            case 0xCB:
                return Whole(1 << (mark - 0xC8));
            case 0xD0:
            case 0xD1:
            case 0xD2: {
                GYRE_ASSIGN(const uint64_t count, Count(1 << (mark - 0xD0)));
                return Text(count);
            }
            case 0xD4:
            case 0xD5:
            case 0xD6: {
                GYRE_ASSIGN(const uint64_t count, Count(1 << (mark - 0xD4)));
                return List(count, depth);
            }
            case 0xD8:
            case 0xD9:
            case 0xDA: {
                GYRE_ASSIGN(const uint64_t count, Count(1 << (mark - 0xD8)));
                return Map(count, depth);
            }
            default:
                return core::Fail(Broken("bytes are not supported"));
        }
    }

    core::Result<Value> Text(uint64_t size) {
        if (size > bytes_.size()) return core::Fail(Broken("it ends early"));
        Value text(bytes_.substr(0, size));
        bytes_.remove_prefix(size);
        return text;
    }
    core::Result<Value> List(uint64_t count, int depth) {
        if (count > bytes_.size()) return core::Fail(Broken("it ends early"));
        Values items;
        for (uint64_t i = 0; i < count; ++i) {
            GYRE_ASSIGN(auto item, Any(depth + 1));
            items.push_back(std::move(item));
        }
        return MakeList(std::move(items));
    }
    core::Result<Value> Map(uint64_t count, int depth) {
        if (count > bytes_.size()) return core::Fail(Broken("it ends early"));
        auto map = std::make_shared<graph::Map>();
        for (uint64_t i = 0; i < count; ++i) {
            GYRE_ASSIGN(auto key, Any(depth + 1));
            if (!key.Is<std::string>()) return core::Fail(Broken("a key is no text"));
            GYRE_ASSIGN(auto value, Any(depth + 1));
            map->Put(std::move(key), std::move(value));
        }
        return Value(std::move(map));
    }

    core::Result<Value> Structure(uint64_t count, int depth) {
        uint8_t tag = 0;
        if (!Byte(tag)) return core::Fail(Broken("it ends early"));
        std::string zone;
        int64_t numbers[4] = {};
        for (uint64_t i = 0; i < count; ++i) {
            GYRE_ASSIGN(const auto field, Any(depth + 1));
            if (i < 4 && field.Is<int64_t>()) {
                numbers[i] = field.As<int64_t>();
            } else if (i == 2 && field.Is<std::string>()) {
                zone = field.As<std::string>();
            } else {
                return core::Fail(Broken("a structure that it cannot hold"));
            }
        }
        if (tag == 'E' && count == 4) return MakeSpan(numbers);
        Temporal at;
        const int64_t seconds = numbers[0];
        constexpr int64_t kMostSeconds = 40'000'000'000'000'000;
        if (seconds > kMostSeconds || seconds < -kMostSeconds || numbers[1] < -kNanosOfDay ||
            numbers[1] > kNanosOfDay || numbers[2] < -86400 || numbers[2] > 86400) {
            return core::Fail(Broken("a date or time that does not fit"));
        }
        if (tag == 'D' && count == 1) {
            at.days = seconds;
            if (at.days > 366'000'000'000 || at.days < -366'000'000'000) {
                return core::Fail(Broken("a date that does not fit"));
            }
            return Made(at);
        }
        if ((tag == 'T' && count == 2) || (tag == 't' && count == 1)) {
            at.kind = tag == 'T' ? Kind::kTime : Kind::kLocalTime;
            at.nanos = FloorMod(seconds, kNanosOfDay);
            at.offset = static_cast<int32_t>(numbers[1]);
            return Made(at);
        }
        const bool zoned = tag == 'I' || tag == 'i' || tag == 'F' || tag == 'f';
        if (!(tag == 'd' && count == 2) && !(zoned && count == 3)) {
            return core::Fail(Broken("a structure that it cannot hold"));
        }
        at.kind = zoned ? Kind::kDateTime : Kind::kLocalDateTime;
        at.days = FloorDiv(seconds, 86400);
        at.nanos = FloorMod(seconds, 86400) * kNanosOfSecond + FloorMod(numbers[1], kNanosOfSecond);
        at.zone = zone;
        return Zoned(at, tag, static_cast<int32_t>(numbers[2]));
    }
    /// Upper-case tags count seconds in UTC, 'F' and 'f' those of the local time.
    static core::Result<Value> Zoned(Temporal at, uint8_t tag, int32_t offset) {
        if (at.kind != Kind::kDateTime) return Made(at);
        const bool utc = tag == 'I' || tag == 'i';
        Temporal zone = at;
        zone.offset = offset;
        if (utc) {
            const auto moved = AtZone(at, zone);
            if (moved) return Made(*moved);
        } else {
            at.offset = offset;
            if (SettleOffset(at)) return Made(at);
        }
        return core::Fail(Broken("an unknown timezone"));
    }
    static core::Result<Value> MakeSpan(const int64_t (&n)[4]) {
        const auto span =
            MakeDuration(static_cast<long double>(n[0]), static_cast<long double>(n[1]),
                         static_cast<long double>(n[2]), static_cast<long double>(n[3]));
        if (!span) return core::Fail(Broken("a duration that does not fit"));
        return Value(*span);
    }
    static Value Made(const Temporal& at) { return Value(std::make_shared<Temporal>(at)); }

    std::string_view bytes_;
};

}  // namespace

core::Result<Message> ReadMessage(std::string_view bytes) {
    return Reader(bytes).Whole();
}

void PackWriter::Big(uint64_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        bytes_ += static_cast<char>(value >> shift);
    }
}

void PackWriter::Integer(int64_t value) {
    const auto raw = static_cast<uint64_t>(value);
    if (value >= -16 && value <= 127) return Big(raw & 0xFF, 1);
    for (int size = 1, mark = 0xC8; size <= 8; size *= 2, ++mark) {
        const int shift = 64 - size * 8;
        if (static_cast<int64_t>(raw << shift) >> shift != value) continue;
        bytes_ += static_cast<char>(mark);
        return Big(raw, size);
    }
}

void PackWriter::Float(double value) {
    bytes_ += '\xC1';
    Big(std::bit_cast<uint64_t>(value), 8);
}

void PackWriter::Text(std::string_view text) {
    Head(text.size(), 0x80, 0xD0);
    bytes_ += text;
}

void PackWriter::Head(size_t count, uint8_t tiny, uint8_t wide) {
    if (count < 16) return Big(tiny | count, 1);
    const int step = count < 0x100 ? 0 : count < 0x10000 ? 1 : 2;
    bytes_ += static_cast<char>(wide + step);
    Big(count, 1 << step);
}

void PackWriter::Structure(uint8_t tag, size_t fields) {
    Big(0xB0 | fields, 1);
    Big(tag, 1);
}

}  // namespace gyre::graph::bolt
