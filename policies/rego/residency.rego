# METADATA
# title: Data residency
# description: |
#   Decides whether an object may be placed where it asks to be. Input v1:
#
#     version             "v1" (may be left out)
#     user.region         home region of the tenant
#     user.regions        regions the tenant may use; without them, its home region
#     plan.regions        regions in force for the tenant; they take the place of user.regions
#     plan.mode           "Enforce" (default), "Warn" or "Audit"
#     lookup.error        why there is no plan: PLAN_MISSING, TENANT_UNKNOWN, NAMESPACE_NOT_ITS_TENANTS or
#                         CACHE_NOT_SYNCED
#     resource.placements what the object says, each {constraint, field, regions?, pinned?, raw?, detail?, reason?} with
#                         constraint "regions", "unconstrained", "deferred" or "unresolvable"; pinned: where the pin
#                         lets it go, not what was asked for
#     resource.regions    the same in short: regions it would be in
#     resource.region     the same in short: the region it would be in
#     resource.changed    false for an update that leaves its placement alone
#     resource.deleting   true for an object on its way out
#
#   `decision` is {verdict, reason, requested, allowed, field, raw?, detail?}. What is not understood is blocked.
package residency

revision := "2.1.0-eu"

default allow := false

# Whether the request goes through. In modes Warn and Audit an unlawful one does.
allow if decision.verdict in {"allow", "warn", "audit"}

default block_cross_region := false

# Whether the request is stopped because it asks for a region outside the tenant's.
block_cross_region if {
	decision.verdict == "block"
	decision.reason == "CROSS_REGION"
}

decision := answer("allow", "BEING_DELETED") if {
	understood
	input.resource.deleting == true
} else := answer("allow", "PLACEMENT_UNCHANGED") if {
	understood
	input.resource.changed == false
} else := answer("block", lookup_error) if {
	understood
	input.lookup
} else := answer("block", "REQUEST_MALFORMED") if {
	not judgeable
} else := object.union(answer(refusal, "PLAN_EMPTY"), located(placements[0])) if {
	count(permitted) == 0
} else := object.union(answer(refusal, offences[0].reason), located(offences[0].placement)) if {
	count(offences) > 0
} else := answer("allow", "PLACEMENT_DEFERRED") if {
	every placement in placements { placement.constraint == "deferred" }
} else := answer("allow", "WITHIN_REGIONS")

answer(verdict, reason) := {
	"verdict": verdict,
	"reason": reason,
	"requested": sort(requested),
	"allowed": sort(permitted),
	"field": "",
}

located(placement) := {key: value |
	some key in ["field", "raw", "detail"]
	value := placement[key]
	is_string(value)
}

# --- input -----------------------------------------------------------------------------------------------------------

understood if {
	object.get(input, "version", "v1") == "v1"
	is_object(input.resource)
}

judgeable if {
	understood
	subject_known
	count(placements) > 0
}

subject_known if is_array(input.plan.regions)

subject_known if {
	not input.plan
	is_array(input.user.regions)
}

subject_known if {
	not input.plan
	not input.user.regions
	is_string(input.user.region)
}

lookup_error := input.lookup.error if {
	input.lookup.error in {"PLAN_MISSING", "TENANT_UNKNOWN", "NAMESPACE_NOT_ITS_TENANTS", "CACHE_NOT_SYNCED"}
} else := "PLAN_MISSING"

default refusal := "block"

refusal := "warn" if input.plan.mode == "Warn"

refusal := "audit" if input.plan.mode == "Audit"

permitted := {region | some region in input.plan.regions} if {
	input.plan
} else := {region | some region in input.user.regions} if {
	input.user.regions
} else := {input.user.region} if {
	is_string(input.user.region)
} else := set()

placements := input.resource.placements if {
	is_array(input.resource.placements)
} else := [{"constraint": "regions", "regions": input.resource.regions, "field": "resource.regions"}] if {
	is_array(input.resource.regions)
} else := [{"constraint": "regions", "regions": [input.resource.region], "field": "resource.region"}] if {
	is_string(input.resource.region)
} else := []

# --- placements ------------------------------------------------------------------------------------------------------

lawful(placement) if placement.constraint == "deferred"

lawful(placement) if {
	placement.constraint == "regions"
	is_array(placement.regions)
	every region in placement.regions { region in permitted }
}

offences := [{"reason": fault(placement), "placement": placement} |
	some placement in placements
	not lawful(placement)
]

fault(placement) := "CROSS_REGION" if {
	placement.constraint == "regions"
	is_array(placement.regions)
	not "unknown" in placement.regions
} else := "REGION_UNCONSTRAINED" if {
	placement.constraint == "unconstrained"
} else := placement.reason if {
	placement.constraint == "unresolvable"
	placement.reason in {"NODE_UNKNOWN", "NODE_WITHOUT_REGION", "TOO_MANY_TERMS"}
} else := "REGION_UNRESOLVABLE"

# Every region asked for; "unknown" stands for what cannot be told. Empty: anywhere. Who states no region has asked for
# none, and an alternative that leads anywhere makes the request lead anywhere: lawful regions beside it bound nothing.
requested := set() if {
	some placement in placements
	placement.constraint == "unconstrained"
	every region in asked { region in permitted }
} else := asked

asked contains region if {
	some region in named
}

asked contains region if {
	count(named) == 0
	some region in pinned
}

# A pin of before the plan changed: what leads outside is told, whoever put it there.
asked contains region if {
	some region in pinned
	not region in permitted
}

asked contains "unknown" if {
	some placement in placements
	not placement.constraint in {"regions", "deferred", "unconstrained"}
}

named contains region if {
	some placement in placements
	placement.constraint == "regions"
	not placement.pinned
	some region in placement.regions
}

pinned contains region if {
	some placement in placements
	placement.constraint == "regions"
	placement.pinned
	some region in placement.regions
}
