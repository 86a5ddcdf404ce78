#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "serving/torchserve/properties.h"

namespace gyre::server {

/// TorchServe's command line.
struct TorchServeArguments {
    bool stop = false;
    bool foreground = false;
    bool version = false;
    bool snapshots = true;                ///< the last one is begun with, and new ones are written
    std::string config;                   ///< --ts-config
    serving::torchserve::Properties set;  ///< what other flags say, by the key of the file

    /// Errors: kInvalidArgument for an unknown flag. `help`: set where --help was asked for.
    [[nodiscard]] static core::Result<TorchServeArguments> Parse(std::vector<std::string> words,
                                                                 std::string& help);
};

/// The settings by TorchServe's order: the environment's TS_KEY (where enable_envvars_config is
/// true), the command line, the file (TS_CONFIG_FILE, --ts-config, the last snapshot, or
/// ./config.properties), the defaults. --models goes before a snapshot's models. `ignored`: keys of
/// the file that mean nothing here.
[[nodiscard]] core::Result<serving::torchserve::Settings> TorchServeSettings(
    const TorchServeArguments& arguments, const serving::torchserve::Environment& environment,
    std::string& ignored);

}  // namespace gyre::server
