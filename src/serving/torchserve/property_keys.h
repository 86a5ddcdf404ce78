#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gyre::serving::torchserve {

/// A key of config.properties that the environment may set too, where enable_envvars_config is
/// true, and the variable's name.
struct EnvironmentKey {
    std::string_view key;
    std::string variable;
};

/// TorchServe's: mostly TS_ and the key in capitals. allowed_urls counts only where
/// use_env_allowed_urls is true: else whoever may set a variable could have this machine fetch and
/// run anything.
[[nodiscard]] std::span<const EnvironmentKey> EnvironmentKeys();

/// Keys of TorchServe's whose subject is not here (a JVM, GPUs, a port for each worker): taken
/// without effect. docs/api/torchserve.md says of each what is done instead.
[[nodiscard]] bool HasNoSubjectHere(std::string_view key);

}  // namespace gyre::serving::torchserve
