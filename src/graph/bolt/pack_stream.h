#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "graph/value.h"

namespace gyre::graph::bolt {

/// PackStream, the encoding of Bolt's messages ("PackStream", Neo4j documentation): values, and
/// structures of a tag and fields.

struct Message {
    uint8_t tag = 0;
    Values fields;
};

/// A whole message. Dates, times and durations come as such; what else is a structure, and bytes,
/// are refused. Errors: kInvalidArgument.
[[nodiscard]] core::Result<Message> ReadMessage(std::string_view bytes);

/// Appends to a text. What it cannot say of a Value (elements, paths) is the caller's.
class PackWriter {
  public:
    explicit PackWriter(std::string& bytes) : bytes_(bytes) {}
    void Null() { bytes_ += '\xC0'; }
    void Boolean(bool value) { bytes_ += value ? '\xC3' : '\xC2'; }
    void Integer(int64_t value);
    void Float(double value);
    void Text(std::string_view text);
    void List(size_t count) { Head(count, 0x90, 0xD4); }
    void Map(size_t count) { Head(count, 0xA0, 0xD8); }
    void Structure(uint8_t tag, size_t fields);

  private:
    void Big(uint64_t value, int bytes);
    void Head(size_t count, uint8_t tiny, uint8_t wide);

    std::string& bytes_;
};

}  // namespace gyre::graph::bolt
