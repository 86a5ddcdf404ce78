#pragma once

#include "net/exchange.h"
#include "serving/torchserve/models.h"
#include "serving/torchserve/openapi.h"
#include "serving/torchserve/properties.h"

namespace gyre::serving::torchserve {

/// What stands before the faces of an address: OPTIONS is answered with their description, or a
/// model's, and every answer gets the headers that let web pages read it (cors_…).
[[nodiscard]] net::Handler MakeOptionsFace(Faces faces, const CorsSettings& cors,
                                           const Models& models, net::Handler next);

}  // namespace gyre::serving::torchserve
