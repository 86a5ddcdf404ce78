#pragma once

#include "catalog/catalog.h"
#include "wire/action.h"

namespace gyre::serving {

/// CreateModel, DescribeModel, ListModels, DeleteModel.
void AddModelActions(wire::ActionTable& table, catalog::Catalog& catalog);
/// CreateEndpointConfig, DescribeEndpointConfig, ListEndpointConfigs, DeleteEndpointConfig.
void AddEndpointConfigActions(wire::ActionTable& table, catalog::Catalog& catalog);
/// CreateEndpoint, DescribeEndpoint, ListEndpoints, UpdateEndpoint, DeleteEndpoint,
/// UpdateEndpointWeightsAndCapacities: they write what is wanted, the controller does the rest.
void AddEndpointActions(wire::ActionTable& table, catalog::Catalog& catalog);
/// ListTags, AddTags, DeleteTags.
void AddTagActions(wire::ActionTable& table, catalog::Catalog& catalog);

}  // namespace gyre::serving
