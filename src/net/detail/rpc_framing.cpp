#include "net/detail/rpc_framing.h"

#include <algorithm>
#include <charconv>

#include "core/gzip.h"

namespace gyre::net::detail {
namespace {

constexpr size_t kPrefix = 5;
/// A size that is only claimed is given no more memory than this.
constexpr size_t kTrusted = size_t{1} << 20;
constexpr size_t kLongestMessage = 8192;  // of a status: headers have limits at clients

tl::unexpected<core::Error> TooLarge(size_t max_bytes) {
    return core::Fail(core::Code::kResourceExhausted,
                      "the message is larger than " + std::to_string(max_bytes) + " bytes");
}

}  // namespace

std::optional<RpcCoding> ParseRpcCoding(std::string_view name) {
    if (name.empty() || name == "identity") return RpcCoding::kIdentity;
    if (name == "gzip") return RpcCoding::kGzip;
    if (name == "deflate") return RpcCoding::kDeflate;
    return std::nullopt;
}

core::Status RpcMessageReader::Add(std::string_view data, std::deque<std::string>& messages) {
    while (!data.empty()) {
        if (!in_body_) {
            const size_t part = std::min(kPrefix - prefix_.size(), data.size());
            prefix_ += data.substr(0, part);
            data.remove_prefix(part);
            if (prefix_.size() < kPrefix) return {};
            const auto byte = [&](size_t i) { return size_t{static_cast<uint8_t>(prefix_[i])}; };
            if (byte(0) > 1) {
                return core::Fail(core::Code::kInvalidArgument,
                                  "a message begins with neither 0 nor 1");
            }
            packed_ = byte(0) == 1;
            size_ = byte(1) << 24 | byte(2) << 16 | byte(3) << 8 | byte(4);
            prefix_.clear();
            if (size_ > max_bytes_) return TooLarge(max_bytes_);
            if (packed_ && coding_ == RpcCoding::kIdentity) {
                return core::Fail(core::Code::kInvalidArgument,
                                  "a message is packed, and grpc-encoding does not say how");
            }
            in_body_ = true;
            body_.reserve(std::min(size_, kTrusted));
        }
        const size_t part = std::min(size_ - body_.size(), data.size());
        body_ += data.substr(0, part);
        data.remove_prefix(part);
        if (body_.size() < size_) return {};
        std::string message = std::exchange(body_, {});
        in_body_ = false;
        if (packed_) {
            GYRE_ASSIGN(message, Unpacked(std::move(message)));
        }
        messages.push_back(std::move(message));
    }
    return {};
}

core::Result<std::string> RpcMessageReader::Unpacked(std::string packed) const {
    auto plain = coding_ == RpcCoding::kGzip ? core::Gunzip(packed, max_bytes_)
                                             : core::Unzlib(packed, max_bytes_);
    if (!plain && plain.error().code == core::Code::kResourceExhausted) return TooLarge(max_bytes_);
    if (!plain) return core::Fail(std::move(plain.error()).In("a message cannot be unpacked"));
    return plain;
}

void AppendRpcMessage(std::string& out, std::string_view message) {
    const auto size = static_cast<uint32_t>(message.size());
    const char prefix[kPrefix] = {0, static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                                  static_cast<char>(size >> 8), static_cast<char>(size)};
    out.append(prefix, kPrefix);
    out += message;
}

std::optional<core::microseconds> ParseRpcTimeout(std::string_view text) {
    if (text.size() < 2 || text.size() > 9) return std::nullopt;
    const char unit = text.back();
    text.remove_suffix(1);
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
    switch (unit) {
        case 'H':
            return std::chrono::hours(value);
        case 'M':
            return std::chrono::minutes(value);
        case 'S':
            return std::chrono::seconds(value);
        case 'm':
            return std::chrono::milliseconds(value);
        case 'u':
            return core::microseconds(value);
        case 'n':
            return core::microseconds((value + 999) / 1000);
        default:
            return std::nullopt;
    }
}

std::string EncodeRpcMessage(std::string_view text) {
    constexpr char kHex[] = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text.substr(0, kLongestMessage)) {
        if (c >= ' ' && c <= '~' && c != '%') {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<uint8_t>(c);
        encoded += '%';
        encoded += kHex[byte >> 4];
        encoded += kHex[byte & 15];
    }
    return encoded;
}

}  // namespace gyre::net::detail
