#include <filesystem>

#include "cli/cli.h"
#include "server/serve.h"
#include "server/torchserve.h"

int main(int argc, char** argv) {
    const std::string name = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "";
    if (name == "torchserve") return gyre::server::TorchServe({argv + 1, argv + argc});
    if (argc > 1 && std::string(argv[1]) == "torchserve") {
        return gyre::server::TorchServe({argv + 2, argv + argc});
    }
    return gyre::cli::Run(argc, argv, gyre::server::Serve);
}
