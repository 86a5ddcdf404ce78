// GraphBinary: what is read as a value is written and read again as the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "graph/format/graph_binary.h"

using namespace gyre::graph;

namespace {

/// Whether GraphBinary writes it with its own type: not so what only clients send.
bool IsWritten(const Value& value) {
    if (const auto* list = value.If<Ptr<List>>()) {
        for (const Value& item : (*list)->items) {
            if (!IsWritten(item)) return false;
        }
        return true;
    }
    return value.Index() < Value(Char{}).Index() && !value.Is<BigDecimal>() &&
           !value.Is<BigInteger>();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    static_cast<void>(format::ReadBinaryRequest(bytes));
    const auto value = format::ReadGraphBinary(bytes);
    if (!value) return 0;
    std::string written;
    format::BinaryWriter(nullptr, true, written).Value(*value);
    const auto again = format::ReadGraphBinary(written);
    if (IsWritten(*value) && (!again || !SameValue(*again, *value))) std::abort();
    return 0;
}
