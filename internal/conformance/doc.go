// Package conformance holds what the public documentation of the REST API says, as facts: every method with its scopes,
// parameters and error codes, every event and every placement. Tests hold the registry of methods against them, the page
// docs/compatibility.md is made from them, and Check warns a caller who departs from them.
//
// The facts are names, marks and paths; no text of the documentation is kept. They are written by
//
//	go run ./internal/conformance/factgen <folder with methods.jsonl, events.jsonl and placements.json>
package conformance
