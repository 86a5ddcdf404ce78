#pragma once

#include <string>
#include <vector>

namespace gyre::server {

/// `gyre torchserve WORDS…`, and a program named torchserve: starts, stays or stops as TorchServe's
/// own program does. Returns the exit code. Called before the program has any other thread.
[[nodiscard]] int TorchServe(std::vector<std::string> words);

}  // namespace gyre::server
