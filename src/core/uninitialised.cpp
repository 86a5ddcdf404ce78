#include "core/uninitialised.h"

#include <algorithm>

namespace gyre::core {

#ifdef __GLIBCXX__

namespace {

// C++23's resize_and_overwrite is not there in C++20. What it does in libstdc++ is private; the
// names of an explicit instantiation are not checked for access ([temp.spec.general]), which
// Folly's UninitializedMemoryHacks.h rests on too.
template <void (std::string::*kSetLength)(size_t)>
struct LengthSetter {
    friend void SetLength(std::string& text, size_t size) { (text.*kSetLength)(size); }
};
void SetLength(std::string& text, size_t size);
template struct LengthSetter<&std::string::_M_set_length>;

}  // namespace

void ResizeUninitialised(std::string& text, size_t size) {
    if (size > text.capacity()) text.reserve(std::max(size, 2 * text.capacity()));
    SetLength(text, size);
}

#else

void ResizeUninitialised(std::string& text, size_t size) {
    text.resize(size);
}

#endif

}  // namespace gyre::core
