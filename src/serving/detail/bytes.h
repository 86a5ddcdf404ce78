#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

namespace gyre::serving::detail {

/// Appends little-endian integers and length-prefixed strings. The machines that Gyre runs on are
/// little-endian, and both ends of the channel are one machine.
class ByteWriter {
  public:
    explicit ByteWriter(size_t expected) { bytes_.reserve(expected); }

    template <typename T>
    void Integer(T value) {
        char raw[sizeof(T)];
        std::memcpy(raw, &value, sizeof(T));
        bytes_.append(raw, sizeof(T));
    }
    void String(std::string_view text) {
        Integer(static_cast<uint32_t>(text.size()));
        bytes_.append(text);
    }
    [[nodiscard]] std::string Take() && { return std::move(bytes_); }

  private:
    std::string bytes_;
};

/// Reads what ByteWriter wrote. After a read past the end every further read gives zeros and empty
/// strings, so that a decoder checks once, at its end.
class ByteReader {
  public:
    explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

    template <typename T>
    T Integer() {
        T value{};
        if (rest_.size() < sizeof(T)) return Fail<T>();
        std::memcpy(&value, rest_.data(), sizeof(T));
        rest_.remove_prefix(sizeof(T));
        return value;
    }
    std::string_view String() {
        const auto size = Integer<uint32_t>();
        if (rest_.size() < size) return Fail<std::string_view>();
        const std::string_view text = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return text;
    }
    /// A number of elements that each take at least `least` bytes; more than can follow is an
    /// error.
    uint32_t Count(size_t least) {
        const auto count = Integer<uint32_t>();
        if (rest_.size() / least < count) return Fail<uint32_t>();
        return count;
    }
    /// Whether all reads were good and nothing is left.
    [[nodiscard]] bool Finished() const { return good_ && rest_.empty(); }

  private:
    template <typename T>
    T Fail() {
        good_ = false;
        rest_ = {};
        return T{};
    }

    std::string_view rest_;
    bool good_ = true;
};

}  // namespace gyre::serving::detail
