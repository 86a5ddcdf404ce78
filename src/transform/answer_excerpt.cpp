#include "transform/answer_excerpt.h"

#include <algorithm>

#include "core/utf8.h"

namespace gyre::transform {
namespace {

constexpr size_t kKept = 1024;

}  // namespace

std::string AnswerExcerpt(std::string_view answer) {
    std::string text;
    while (!answer.empty()) {
        const size_t size = core::Utf8Length(answer);
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
