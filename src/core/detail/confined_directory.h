#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gyre::core::detail {

/// An open descriptor, closed with this.
class OwnedDescriptor {
  public:
    explicit OwnedDescriptor(int descriptor = -1) : descriptor_(descriptor) {}
    ~OwnedDescriptor();
    OwnedDescriptor(OwnedDescriptor&& other) noexcept;
    OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept;
    [[nodiscard]] int Get() const { return descriptor_; }

  private:
    int descriptor_;
};

/// The parts of a relative path without "." and empty ones. Errors: kInvalidArgument for an
/// absolute path, "..", a NUL, or a path of no parts.
[[nodiscard]] Result<std::vector<std::string>> SafeParts(std::string_view path);

/// Makes files below one directory, each step by openat and never through a symbolic link, so that
/// no name and no link made before can lead out of it.
class ConfinedDirectory {
  public:
    [[nodiscard]] static Result<ConfinedDirectory> Open(const std::filesystem::path& root);

    /// Makes the directory and those above it; counts into Made() what was not there.
    [[nodiscard]] Status MakeDirectory(const std::vector<std::string>& parts);
    /// A new file in place of what file or link was there.
    [[nodiscard]] Result<OwnedDescriptor> CreateFile(const std::vector<std::string>& parts,
                                                     mode_t mode);
    /// Only with a relative target whose ".." all come first and stay below the root: every
    /// directory above the link is a real one, so such a target cannot lead out.
    [[nodiscard]] Status MakeSymlink(const std::vector<std::string>& parts,
                                     const std::string& target);
    /// Only to a regular file made before.
    [[nodiscard]] Status MakeHardLink(const std::vector<std::string>& parts,
                                      const std::vector<std::string>& existing);
    [[nodiscard]] uint64_t Made() const { return made_; }

  private:
    explicit ConfinedDirectory(OwnedDescriptor root) : root_(std::move(root)) {}
    /// The directory that holds the last of `parts`; made when absent if `make`.
    [[nodiscard]] Result<OwnedDescriptor> OpenParent(const std::vector<std::string>& parts,
                                                     size_t depth, bool make);
    [[nodiscard]] Result<OwnedDescriptor> OpenCleared(const std::vector<std::string>& parts);

    OwnedDescriptor root_;
    uint64_t made_ = 0;
};

}  // namespace gyre::core::detail
