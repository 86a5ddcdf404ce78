#include "console/assets.h"

#include <algorithm>

namespace gyre::console {

const Asset* FindAsset(std::string_view path) {
    const auto assets = AllAssets();
    const auto found = std::ranges::find(assets, path, &Asset::path);
    return found == assets.end() ? nullptr : &*found;
}

}  // namespace gyre::console
