#pragma once

#include <memory>

#include "grpc/schema.h"
#include "grpc/services.h"

namespace gyre::grpc {

/// What tools for gRPC ask of any server, of the services that are there when a call comes:
/// grpc.health.v1.Health, Check only ("" asks of the server; a service that is here serves), and
/// server reflection (grpc.reflection.v1 and v1alpha), whose files are the schema's. `services`
/// outlives the calls.
void AddStandardServices(Services& services, std::shared_ptr<const Schema> schema);

}  // namespace gyre::grpc
