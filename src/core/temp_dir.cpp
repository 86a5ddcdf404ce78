#include "core/temp_dir.h"

#include <cstdlib>
#include <string>
#include <system_error>

#include "core/result.h"

namespace gyre::core {

TempDir::TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "gyre-XXXXXX").string();
    GYRE_CHECK(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace gyre::core
