#include <doctest/doctest.h>

#include "core/temp_dir.h"
#include "serving/detail/run_directory.h"

using namespace gyre;
using serving::detail::RunDirectory;

TEST_CASE("sockets of a deep folder lie below /tmp, and a kill leaves nothing for long") {
    const core::TempDir folder;
    const auto deep = folder.Path() / std::string(80, 'd') / "run";
    auto killed = RunDirectory::Make(deep);
    REQUIRE(killed);
    const auto left = (*killed)->Path();
    CHECK(left.native().size() < 40);
    static RunDirectory* const kept = killed->release();  // as SIGKILL does: no destructor
    REQUIRE(kept != nullptr);
    REQUIRE(std::filesystem::is_directory(left));
    const auto next = RunDirectory::Make(deep);
    REQUIRE(next);
    CHECK_FALSE(std::filesystem::exists(left));
    CHECK(std::filesystem::is_directory((*next)->Path()));
}
