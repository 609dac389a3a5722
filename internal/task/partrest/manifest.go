package partrest

import (
	"context"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// manifest describes a family of the older methods, as its getmanifest answers it.
type manifest struct {
	alias                                    string
	version, changed                         string
	writable, readable, sortable, filterable []string
	dates                                    []string
	methods                                  []manifestMethod
}

// manifestMethod is a method in a manifest.
type manifestMethod struct {
	signature

	static  int                 // 1: it is called for a class, 2: for an object, 0: nothing is said
	keys    map[string][]string // the keys that an argument may have, by its name
	extra   map[string][]phpform.Entry
	returns []string
	list    bool // returns several
	more    []phpform.Entry
}

const manifestWarning = "Do not rely on the format of this manifest, it may change at any time"

func (m manifest) value() phpform.Value {
	var o object
	o.str("Manifest version", m.version)
	if m.changed != "" {
		o.str("Manifest change date", m.changed)
	}
	o.str("Warning", manifestWarning).str("REST: shortname alias to class", m.alias)
	o.set("REST: writable "+m.alias+" data fields", texts(m.writable)).set("REST: readable "+m.alias+" data fields", texts(m.readable))
	o.set("REST: sortable "+m.alias+" data fields", texts(m.sortable))
	if m.filterable != nil {
		o.set("REST: filterable "+m.alias+" data fields", texts(m.filterable))
	}
	o.set("REST: date fields", texts(m.dates))
	var methods object
	for _, x := range m.methods {
		methods.set(x.method, x.value())
	}
	return o.set("REST: available methods", methods.value()).value()
}

func texts(list []string) phpform.Value {
	values := make([]phpform.Value, len(list))
	for i, s := range list {
		values[i] = phpform.StringOf(s)
	}
	return phpform.ListOf(values...)
}

func (m manifestMethod) value() phpform.Value {
	var o object
	if m.static > 0 {
		o.set("staticMethod", phpform.BoolOf(m.static == 1))
	}
	needed := int64(0)
	params := make([]phpform.Value, len(m.args))
	for i, a := range m.args {
		if !a.optional {
			needed++
		}
		var p object
		p.str("description", a.name).str("type", a.kind.String())
		if keys := m.keys[a.name]; keys != nil {
			p.set("allowedKeys", texts(keys))
		}
		for _, e := range m.extra[a.name] {
			p.set(e.Key, e.Value)
		}
		params[i] = p.value()
	}
	if needed > 0 {
		o.set("mandatoryParamsCount", phpform.IntOf(needed))
	}
	o.set("params", phpform.ListOf(params...))
	if m.returns != nil {
		o.set("allowedKeysInReturnValue", texts(m.returns))
	}
	for _, e := range m.more {
		o.set(e.Key, e.Value)
	}
	if m.list {
		o.set("collectionInReturnValue", phpform.BoolOf(true))
	}
	return o.value()
}

var manifestSelf = manifestMethod{signature: signature{method: "getmanifest"}, static: 1}

// checklistManifest answers task.checklistitem.getmanifest.
func checklistManifest(context.Context, *rest.Call, rest.AnyParams) (phpform.Value, error) {
	write := map[string][]string{"arFields": checklistWritable}
	return manifest{
		alias: "checklistitem", version: "2.0", writable: checklistWritable, readable: checklistReadable, sortable: checklistSortable,
		dates: []string{"TOGGLED_DATE"},
		methods: []manifestMethod{
			manifestSelf,
			{signature: checklistGet, returns: checklistReadable},
			{signature: checklistList, static: 1, keys: map[string][]string{"arOrder": checklistSortable}, returns: checklistReadable, list: true},
			{signature: checklistAdd, static: 1, keys: write},
			{signature: checklistUpdate, static: 2, keys: write},
			{signature: checklistDelete, static: 2},
			{signature: checklistDone, static: 2},
			{signature: checklistRenew, static: 2},
			{signature: checklistMove, static: 2},
			{signature: checklistMay, static: 2},
		},
	}.value(), nil
}
