#pragma once

#include <cstddef>
#include <string>

namespace gyre::core {

/// text.resize(size) whose new bytes hold anything: for who fills them at once, since zeros first
/// cost another pass over memory that is not in the processor's cache.
void ResizeUninitialised(std::string& text, size_t size);

}  // namespace gyre::core
