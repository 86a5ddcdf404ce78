#include "wire/cbor.h"

#include <bit>
#include <cmath>
#include <cstdint>

#include "core/digest.h"
#include "core/utf8.h"

namespace gyre::wire {
namespace {

using core::Json;
using core::Result;

constexpr int kMaxDepth = 64;
constexpr unsigned kIndefinite = 31;

enum Major { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple };

tl::unexpected<core::Error> Bad(const char* what) {
    return core::Fail(core::Code::kInvalidArgument, "SerializationException",
                      std::string("the body is no CBOR: ") + what);
}

double HalfToDouble(uint16_t half) {
    const int exponent = (half >> 10) & 0x1F;
    const int fraction = half & 0x3FF;
    double value = 0;
    if (exponent == 0) {
        value = std::ldexp(fraction, -24);
    } else if (exponent != 31) {
        value = std::ldexp(fraction + 1024, exponent - 25);
    } else {
        value = fraction == 0 ? HUGE_VAL : NAN;
    }
    return (half & 0x8000) != 0 ? -value : value;
}

class Reader {
  public:
    explicit Reader(std::string_view bytes) : in_(bytes) {}

    Result<Json> Item(int depth) {
        if (depth > kMaxDepth) return Bad("it is nested too deep");
        GYRE_ASSIGN(const Head head, TakeHead());
        switch (head.major) {
            case kUnsigned:
                if (head.value > INT64_MAX) return Json(head.value);
                return Json(static_cast<int64_t>(head.value));
            case kNegative:
                if (head.value > INT64_MAX) return Bad("a number is too small");
                return Json(-1 - static_cast<int64_t>(head.value));
            case kBytes: {
                GYRE_ASSIGN(const std::string bytes, Chunks(head, kBytes));
                return Json(core::Base64Encode(bytes));
            }
            case kText: {
                GYRE_ASSIGN(const std::string text, Text(head));
                return Json(text);
            }
            case kArray:
                return Array(head, depth);
            case kMap:
                return Map(head, depth);
            case kTag:
                return Tagged(head, depth);
            default:
                return Simple(head);
        }
    }
    [[nodiscard]] bool AtEnd() const { return in_.empty(); }

  private:
    struct Head {
        int major = 0;
        unsigned info = 0;
        uint64_t value = 0;
        [[nodiscard]] bool Indefinite() const { return info == kIndefinite; }
    };

    Result<Head> TakeHead() {
        if (in_.empty()) return Bad("it ends too early");
        const auto first = static_cast<unsigned char>(in_.front());
        in_.remove_prefix(1);
        Head head{first >> 5, first & 0x1FU, first & 0x1FU};
        if (head.info < 24) return head;
        if (head.info == kIndefinite) {
            if (head.major < kBytes || head.major == kTag) return Bad("a length is missing");
            return head;
        }
        if (head.info > 27) return Bad("a length is of no known kind");
        const size_t size = 1U << (head.info - 24);
        if (in_.size() < size) return Bad("it ends too early");
        head.value = 0;
        for (size_t i = 0; i < size; ++i) {
            head.value = head.value << 8 | static_cast<unsigned char>(in_[i]);
        }
        in_.remove_prefix(size);
        return head;
    }

    /// True, and past it, where an item of indefinite length ends.
    bool TakeBreak() {
        if (in_.empty() || in_.front() != '\xFF') return false;
        in_.remove_prefix(1);
        return true;
    }

    Result<std::string_view> Take(uint64_t length) {
        if (length > in_.size()) return Bad("a text is longer than the body");
        const std::string_view taken = in_.substr(0, length);
        in_.remove_prefix(length);
        return taken;
    }

    Result<std::string> Chunks(const Head& head, int major) {
        if (!head.Indefinite()) {
            GYRE_ASSIGN(const std::string_view whole, Take(head.value));
            return std::string(whole);
        }
        std::string text;
        while (!TakeBreak()) {
            GYRE_ASSIGN(const Head chunk, TakeHead());
            if (chunk.major != major || chunk.Indefinite())
                return Bad("a chunk is of another kind");
            GYRE_ASSIGN(const std::string_view piece, Take(chunk.value));
            text += piece;
        }
        return text;
    }

    Result<std::string> Text(const Head& head) {
        GYRE_ASSIGN(std::string text, Chunks(head, kText));
        if (!core::IsUtf8(text)) return Bad("a text is not UTF-8");
        return text;
    }

    Result<Json> Array(const Head& head, int depth) {
        core::JsonArray items;
        for (uint64_t i = 0; head.Indefinite() ? !TakeBreak() : i < head.value; ++i) {
            GYRE_ASSIGN(Json item, Item(depth + 1));
            items.push_back(std::move(item));
        }
        return Json(std::move(items));
    }

    Result<Json> Map(const Head& head, int depth) {
        core::JsonObject object;
        for (uint64_t i = 0; head.Indefinite() ? !TakeBreak() : i < head.value; ++i) {
            GYRE_ASSIGN(const Head key_head, TakeHead());
            if (key_head.major != kText) return Bad("a key is no text");
            GYRE_ASSIGN(const std::string key, Text(key_head));
            GYRE_ASSIGN(object[key], Item(depth + 1));
        }
        return Json(std::move(object));
    }

    Result<Json> Tagged(const Head& head, int depth) {
        constexpr uint64_t kEpochTime = 1;
        GYRE_ASSIGN(Json value, Item(depth + 1));
        if (head.value != kEpochTime) return Bad("it has a tag that is not served");
        if (!value.is_number()) return Bad("a time is no number");
        return value;
    }

    static Result<Json> Simple(const Head& head) {
        switch (head.info) {
            case 20:
                return Json(false);
            case 21:
                return Json(true);
            case 22:
            case 23:
                return Json(nullptr);
            case 25:
                return Json(HalfToDouble(static_cast<uint16_t>(head.value)));
            case 26:
                return Json(
                    static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(head.value))));
            case 27:
                return Json(std::bit_cast<double>(head.value));
            default:
                return Bad("it has a value of no known kind");
        }
    }

    std::string_view in_;
};

}  // namespace

Result<Json> ReadCbor(std::string_view bytes) {
    Reader reader(bytes);
    GYRE_ASSIGN(Json json, reader.Item(0));
    if (!reader.AtEnd()) return Bad("something follows its end");
    return json;
}

void AppendCborHead(std::string& out, int major, uint64_t value) {
    const auto first = static_cast<unsigned char>(major << 5);
    if (value < 24) {
        out.push_back(static_cast<char>(first | value));
        return;
    }
    const int power = value <= 0xFF ? 0 : value <= 0xFFFF ? 1 : value <= 0xFFFFFFFF ? 2 : 3;
    out.push_back(static_cast<char>(first | (24 + power)));
    for (int shift = 8 * ((1 << power) - 1); shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>(value >> shift));
    }
}

void AppendCborText(std::string& out, std::string_view text) {
    AppendCborHead(out, kText, text.size());
    out += text;
}

void AppendCborBytes(std::string& out, std::string_view bytes) {
    AppendCborHead(out, kBytes, bytes.size());
    out += bytes;
}

void AppendCborDouble(std::string& out, double value) {
    out.push_back('\xFB');
    const auto bits = std::bit_cast<uint64_t>(value);
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(bits >> shift));
}

void AppendCborJson(std::string& out, const Json& json) {
    switch (json.kind()) {
        case boost::json::kind::null:
            out.push_back('\xF6');
            break;
        case boost::json::kind::bool_:
            out.push_back(json.as_bool() ? '\xF5' : '\xF4');
            break;
        case boost::json::kind::int64:
            if (json.as_int64() < 0) {
                AppendCborHead(out, kNegative, static_cast<uint64_t>(-1 - json.as_int64()));
            } else {
                AppendCborHead(out, kUnsigned, static_cast<uint64_t>(json.as_int64()));
            }
            break;
        case boost::json::kind::uint64:
            AppendCborHead(out, kUnsigned, json.as_uint64());
            break;
        case boost::json::kind::double_:
            AppendCborDouble(out, json.as_double());
            break;
        case boost::json::kind::string:
            AppendCborText(out, json.as_string());
            break;
        case boost::json::kind::array:
            AppendCborHead(out, kArray, json.as_array().size());
            for (const Json& item : json.as_array()) AppendCborJson(out, item);
            break;
        case boost::json::kind::object:
            AppendCborHead(out, kMap, json.as_object().size());
            for (const auto& [key, value] : json.as_object()) {
                AppendCborText(out, key);
                AppendCborJson(out, value);
            }
            break;
    }
}

}  // namespace gyre::wire
