package residency_test

import data.residency

plan(mode) := {"regions": ["eu-west-1", "eu-central-1"], "mode": mode}

resource(placements) := {"operation": "CREATE", "changed": true, "deleting": false, "placements": placements}

request(mode, placements) := {
	"version": "v1",
	"user": {"tenant": "acme", "region": "eu-west-1", "regions": ["eu-west-1", "eu-central-1"]},
	"plan": plan(mode),
	"resource": resource(placements),
}

regions(names) := {"constraint": "regions", "regions": names, "field": "spec.nodeName", "raw": "node-7"}

# The seed rule: nothing but two regions.
test_same_region_is_allowed if {
	residency.allow with input as {"user": {"region": "eu-west-1"}, "resource": {"region": "eu-west-1"}}
}

test_same_region_is_no_cross_region_block if {
	not residency.block_cross_region with input as {"user": {"region": "eu-west-1"}, "resource": {"region": "eu-west-1"}}
}

test_other_region_is_blocked if {
	request := {"user": {"region": "eu-west-1"}, "resource": {"region": "us-east-1"}}
	not residency.allow with input as request
	residency.block_cross_region with input as request
}

test_user_regions_widen_the_home_region if {
	residency.allow with input as {
		"version": "v1",
		"user": {"region": "eu-west-1", "regions": ["eu-west-1", "eu-central-1"]},
		"resource": {"regions": ["eu-central-1"]},
	}
}

test_all_regions_of_a_resource_count if {
	residency.block_cross_region with input as {
		"user": {"regions": ["eu-west-1"]},
		"resource": {"regions": ["eu-west-1", "us-east-1"]},
	}
}

test_plan_takes_the_place_of_user_regions if {
	decision := residency.decision with input as {
		"user": {"region": "eu-west-1", "regions": ["us-east-1"]},
		"plan": {"regions": ["eu-west-1"]},
		"resource": {"region": "us-east-1"},
	}
	decision.verdict == "block"
	decision.allowed == ["eu-west-1"]
}

test_within_regions if {
	decision := residency.decision with input as request("Enforce", [regions(["eu-central-1"])])
	decision == {
		"verdict": "allow",
		"reason": "WITHIN_REGIONS",
		"requested": ["eu-central-1"],
		"allowed": ["eu-central-1", "eu-west-1"],
		"field": "",
	}
}

test_cross_region_names_the_first_field_and_every_region if {
	decision := residency.decision with input as request("Enforce", [
		regions(["eu-west-1"]),
		{"constraint": "regions", "regions": ["us-east-1"], "field": "spec.nodeSelector", "raw": "us-east-1a"},
		regions(["ap-south-1"]),
	])
	decision == {
		"verdict": "block",
		"reason": "CROSS_REGION",
		"requested": ["ap-south-1", "eu-west-1", "us-east-1"],
		"allowed": ["eu-central-1", "eu-west-1"],
		"field": "spec.nodeSelector",
		"raw": "us-east-1a",
	}
}

test_the_pin_is_not_requested if {
	pin := {"constraint": "regions", "regions": ["eu-west-1"], "field": "spec.affinity", "pinned": true}
	alone := residency.decision with input as request("Enforce", [pin])
	[alone.verdict, alone.requested] == ["allow", ["eu-west-1"]]
	beside := residency.decision with input as request("Enforce", [regions(["us-east-1"]), pin])
	[beside.verdict, beside.requested] == ["block", ["us-east-1"]]
}

test_a_pin_beyond_the_plan_is_blocked if {
	pin := {"constraint": "regions", "regions": ["us-east-1"], "field": "spec.affinity", "pinned": true}
	decision := residency.decision with input as request("Enforce", [regions(["eu-west-1"]), pin])
	[decision.verdict, decision.field] == ["block", "spec.affinity"]
}

test_warn_warns if {
	request_ := request("Warn", [regions(["us-east-1"])])
	decision := residency.decision with input as request_
	decision.verdict == "warn"
	residency.allow with input as request_
	not residency.block_cross_region with input as request_
}

test_audit_records if {
	decision := residency.decision with input as request("Audit", [regions(["us-east-1"])])
	decision.verdict == "audit"
}

test_unknown_mode_blocks if {
	decision := residency.decision with input as request("enforce?", [regions(["us-east-1"])])
	decision.verdict == "block"
}

test_deferred if {
	decision := residency.decision with input as request("Enforce", [{"constraint": "deferred", "field": "spec"}])
	[decision.verdict, decision.reason, decision.requested] == ["allow", "PLACEMENT_DEFERRED", []]
}

test_unconstrained if {
	decision := residency.decision with input as request("Enforce", [{"constraint": "unconstrained", "field": "spec"}])
	[decision.verdict, decision.reason, decision.requested] == ["block", "REGION_UNCONSTRAINED", []]
}

test_unconstrained_beside_a_lawful_region_leads_anywhere if {
	decision := residency.decision with input as request("Enforce", [
		regions(["eu-west-1"]),
		{"constraint": "unconstrained", "field": "spec"},
	])
	[decision.verdict, decision.reason, decision.requested] == ["block", "REGION_UNCONSTRAINED", []]
}

test_unconstrained_beside_a_region_outside_hides_nothing_of_it if {
	decision := residency.decision with input as request("Enforce", [
		regions(["eu-west-1", "us-east-1"]),
		{"constraint": "unconstrained", "field": "spec"},
	])
	[decision.reason, decision.requested] == ["CROSS_REGION", ["eu-west-1", "us-east-1"]]
}

test_pin_that_leads_outside_is_told_beside_a_lawful_request if {
	pin := {"constraint": "regions", "regions": ["eu-west-1", "us-east-1"], "pinned": true, "field": "spec"}
	decision := residency.decision with input as request("Enforce", [regions(["eu-west-1"]), pin])
	[decision.reason, decision.requested] == ["CROSS_REGION", ["eu-west-1", "us-east-1"]]
}

test_unresolvable if {
	decision := residency.decision with input as request("Enforce", [{
		"constraint": "unresolvable",
		"field": "spec",
		"detail": "no such zone",
	}])
	[decision.reason, decision.detail] == ["REGION_UNRESOLVABLE", "no such zone"]
}

test_unknown_node if {
	decision := residency.decision with input as request("Enforce", [{
		"constraint": "unresolvable",
		"field": "target.name",
		"reason": "NODE_UNKNOWN",
	}])
	decision.reason == "NODE_UNKNOWN"
}

test_too_many_terms_are_refused_under_their_own_reason if {
	decision := residency.decision with input as request("Enforce", [{
		"constraint": "unresolvable",
		"field": "spec.affinity",
		"reason": "TOO_MANY_TERMS",
	}])
	decision.reason == "TOO_MANY_TERMS"
	decision.requested == ["unknown"]
}

test_invented_reason_is_not_repeated if {
	decision := residency.decision with input as request("Enforce", [{
		"constraint": "unresolvable",
		"field": "spec",
		"reason": "WITHIN_REGIONS",
	}])
	decision.reason == "REGION_UNRESOLVABLE"
}

test_unknown_constraint_is_refused if {
	decision := residency.decision with input as request("Enforce", [{"constraint": "hopefully", "field": "spec"}])
	[decision.verdict, decision.reason] == ["block", "REGION_UNRESOLVABLE"]
}

test_regions_that_are_no_list_are_refused if {
	every names in [null, "eu-west-1", {"eu-west-1": true}] {
		decision := residency.decision with input as request("Enforce", [regions(names)])
		decision.verdict == "block"
	}
}

test_unknown_region_is_unresolvable if {
	decision := residency.decision with input as request("Enforce", [regions(["eu-west-1", "unknown"])])
	decision.reason == "REGION_UNRESOLVABLE"
}

test_empty_plan_blocks_even_deferred if {
	decision := residency.decision with input as {
		"version": "v1",
		"plan": {"regions": [], "mode": "Enforce"},
		"resource": resource([{"constraint": "deferred", "field": "spec.template"}]),
	}
	[decision.verdict, decision.reason, decision.field] == ["block", "PLAN_EMPTY", "spec.template"]
}

test_lookup_errors_block if {
	every error in ["PLAN_MISSING", "TENANT_UNKNOWN", "NAMESPACE_NOT_ITS_TENANTS", "CACHE_NOT_SYNCED"] {
		decision := residency.decision with input as {
			"version": "v1",
			"lookup": {"error": error},
			"resource": resource([regions(["eu-west-1"])]),
		}
		[decision.verdict, decision.reason] == ["block", error]
	}
}

test_unknown_lookup_error_is_a_missing_plan if {
	decision := residency.decision with input as {
		"lookup": {"error": "WITHIN_REGIONS"},
		"resource": resource([regions(["eu-west-1"])]),
	}
	[decision.verdict, decision.reason] == ["block", "PLAN_MISSING"]
}

test_unchanged_placement_is_allowed_without_a_plan if {
	decision := residency.decision with input as {
		"version": "v1",
		"lookup": {"error": "PLAN_MISSING"},
		"resource": {"operation": "UPDATE", "changed": false, "placements": []},
	}
	[decision.verdict, decision.reason] == ["allow", "PLACEMENT_UNCHANGED"]
}

test_object_being_deleted_is_allowed if {
	decision := residency.decision with input as {
		"version": "v1",
		"plan": {"regions": [], "mode": "Enforce"},
		"resource": {"operation": "UPDATE", "deleting": true, "changed": true, "placements": []},
	}
	[decision.verdict, decision.reason] == ["allow", "BEING_DELETED"]
}

test_what_is_not_understood_is_blocked if {
	every request_ in [
		{},
		{"version": "v2", "user": {"region": "eu-west-1"}, "resource": {"region": "eu-west-1"}},
		{"user": {"region": "eu-west-1"}},
		{"resource": {"region": "eu-west-1"}},
		{"user": {}, "resource": {}},
		{"user": {"region": null}, "resource": {"region": null}},
		{"user": {"region": "eu-west-1"}, "resource": {"placements": []}},
		{"user": {"region": "eu-west-1"}, "plan": {"regions": "eu-west-1"}, "resource": {"region": "eu-west-1"}},
		{"user": {"region": "eu-west-1"}, "resource": "eu-west-1"},
	] {
		decision := residency.decision with input as request_
		[decision.verdict, decision.reason] == ["block", "REQUEST_MALFORMED"]
		not residency.allow with input as request_
	}
}

test_revision if {
	residency.revision == "2.1.0-eu"
}
