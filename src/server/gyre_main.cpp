#include "cli/cli.h"
#include "server/serve.h"

int main(int argc, char** argv) {
    return gyre::cli::Run(argc, argv, gyre::server::Serve);
}
