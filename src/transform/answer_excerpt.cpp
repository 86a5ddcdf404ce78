#include "transform/answer_excerpt.h"

#include <algorithm>

namespace gyre::transform {
namespace {

constexpr size_t kKept = 1024;

size_t BytesOf(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return 2;
    if (lead >= 0xE0 && lead <= 0xEF) return 3;
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

// Bytes of the character at the front, by the Unicode standard's table 3-7; 0 where it is none.
size_t CharacterAt(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const size_t size = BytesOf(lead);
    if (size == 0 || size > text.size()) return 0;
    for (size_t i = 1; i < size; i++) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
    }
    if (size == 1) return 1;
    const auto second = static_cast<unsigned char>(text[1]);
    const bool too_long = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool beyond = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
    return too_long || beyond ? 0 : size;
}

}  // namespace

std::string AnswerExcerpt(std::string_view answer) {
    std::string text;
    while (!answer.empty()) {
        const size_t size = CharacterAt(answer);
        if (text.size() + std::max<size_t>(size, 1) > kKept) break;
        if (size == 0) {
            text += '?';
        } else {
            text.append(answer.substr(0, size));
        }
        answer.remove_prefix(std::max<size_t>(size, 1));
    }
    return text;
}

}  // namespace gyre::transform
