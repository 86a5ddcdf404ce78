#include "graph/storage/change_log.h"

#include "graph/storage/codec.h"

namespace gyre::graph {
namespace {

constexpr uint8_t kRemoved = 0x80;
constexpr uint8_t kImplied = 0x40;

}  // namespace

std::string EncodeChange(const Change& change) {
    std::string bytes(
        1, static_cast<char>(static_cast<uint8_t>(change.kind) | (change.removed ? kRemoved : 0) |
                             (change.implied ? kImplied : 0)));
    AppendText(bytes, change.key);
    for (const Value* value : {&change.id, &change.value, &change.from, &change.to}) {
        AppendValue(bytes, *value);
    }
    if (change.number != 0) AppendVarint(bytes, change.number);
    return bytes;
}

bool DecodeChange(std::string_view bytes, Change& change) {
    if (bytes.empty()) return false;
    const auto first = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    const uint8_t kind = first & static_cast<uint8_t>(~(kRemoved | kImplied));
    if (kind > static_cast<uint8_t>(Change::Kind::kVertexValues)) return false;
    change.kind = static_cast<Change::Kind>(kind);
    change.removed = (first & kRemoved) != 0;
    change.implied = (first & kImplied) != 0;
    change.number = 0;
    return ReadText(bytes, change.key) && ReadValue(bytes, change.id) &&
           ReadValue(bytes, change.value) && ReadValue(bytes, change.from) &&
           ReadValue(bytes, change.to) && (bytes.empty() || ReadVarint(bytes, change.number));
}

}  // namespace gyre::graph
