package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// batchV3 runs the calls of a list (or of an object, as the JavaScript SDK sends it) one after another and answers their
// results in that order. Values may refer to earlier results: {"$ref": "name.field"} is a value of one, {"$refArray":
// "name.field"} the values of a field of all objects of a list. The first call that fails is the answer of the whole.
func (r *Registry) batchV3(ctx context.Context, c *Call, p AnyParams) ([]json.RawMessage, error) {
	calls := p.Tree.Entries()
	switch {
	case len(calls) == 0:
		return nil, dto.SelectFault(string(phpform.AppendJSON(nil, p.Tree)))
	case len(calls) > maxBatch:
		return nil, ErrBatchLength
	}
	b := batchV3Run{outer: c, known: map[string]phpform.Value{}}
	for i, entry := range calls {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if c.handler.outOfTime(c) {
			return nil, errBatchTime
		}
		if err := b.run(ctx, i, entry.Value); err != nil {
			return nil, err
		}
	}
	return b.results, nil
}

// batchV3Run is a batch under way.
type batchV3Run struct {
	outer   *Call
	results []json.RawMessage
	known   map[string]phpform.Value // what may be referred to, by name and by index
}

func (b *batchV3Run) run(ctx context.Context, i int, cmd phpform.Value) error {
	h := b.outer.handler
	c := &Call{Principal: b.outer.Principal, Remote: b.outer.Remote, V3: true, Start: h.clock.Now(), handler: h, asked: b.outer.asked, policy: b.outer.policy}
	c.asked.name = ""
	o, err := b.invoke(ctx, c, cmd)
	if err != nil {
		f := fault.Of(err)
		status, body := errorV3(f)
		h.record(c, strconv.Itoa(i), status, f, body)
		return err
	}
	finish := h.clock.Now()
	h.meter.add(c, finish, finish.Sub(c.Start).Seconds())
	if h.recorder != nil {
		h.record(c, strconv.Itoa(i), http.StatusOK, nil, append(o.append([]byte(`{"result":`)), '}'))
	}
	b.results = append(b.results, o.result)
	return b.remember(i, cmd, o.result)
}

func (b *batchV3Run) invoke(ctx context.Context, c *Call, cmd phpform.Value) (*outcome, error) {
	name, ok := cmd.Get("method")
	if !ok || name.Kind() != phpform.String {
		return nil, dto.SelectFault(string(phpform.AppendJSON(nil, cmd)))
	}
	query, _ := cmd.Get("query")
	if !query.IsArray() {
		if !query.IsNull() {
			return nil, dto.Mistyped("query", "object")
		}
		query = phpform.ListOf()
	}
	c.asked.name, c.Params = withoutFormat(name.Text()), without(query, "auth")
	m := b.outer.handler.registry.MethodV3(c.asked.name)
	switch {
	case m == nil:
		return nil, errMethodV3
	case m.Access&NoBatch != 0:
		return nil, ErrBatchMethod
	}
	params, err := b.resolve(c.Params)
	if err != nil {
		return nil, err
	}
	return b.outer.handler.invoke(ctx, c, m, params)
}

// remember makes the object or the list of an answer known under its index and its name.
func (b *batchV3Run) remember(i int, cmd phpform.Value, result json.RawMessage) error {
	var names []string
	if as, ok := cmd.Get("as"); ok && !as.IsNull() {
		if as.IsArray() || as.Text() == "" || strings.Contains(as.Text(), ".") {
			return dto.SelectFault(string(phpform.AppendJSON(nil, as)))
		}
		names = append(names, as.Text())
	}
	if index := strconv.Itoa(i); len(names) == 0 || names[0] != index {
		names = append(names, index)
	}
	tree := parsed(result)
	value, ok := tree.Get("item")
	if !ok {
		if value, ok = tree.Get("items"); !ok {
			value = phpform.NullValue()
		}
	}
	for n, name := range names {
		if _, taken := b.known[name]; taken && n == 0 && len(names) > 1 {
			return dto.SelectFault("Name '" + name + "' is used twice")
		}
		b.known[name] = value
	}
	return nil
}

// resolve puts values in the place of references.
func (b *batchV3Run) resolve(v phpform.Value) (phpform.Value, error) {
	if !v.IsArray() {
		return v, nil
	}
	if v.Len() == 1 {
		switch e := v.Entries()[0]; e.Key {
		case "$ref":
			return b.ref(e.Value.Text())
		case "$refArray":
			return b.refArray(e.Value.Text())
		}
	}
	entries := make([]phpform.Entry, v.Len())
	for i, e := range v.Entries() {
		inner, err := b.resolve(e.Value)
		if err != nil {
			return v, err
		}
		entries[i] = phpform.Entry{Key: e.Key, Value: inner}
	}
	return phpform.ArrayOf(entries...), nil
}

func (b *batchV3Run) ref(path string) (phpform.Value, error) {
	name, rest, dotted := strings.Cut(path, ".")
	v, ok := b.known[name]
	if dotted && ok {
		v, ok = walk(v, rest)
	}
	if !ok {
		return v, notInContext(path)
	}
	return v, nil
}

// refArray collects a field of the objects of a list.
func (b *batchV3Run) refArray(path string) (phpform.Value, error) {
	name, field, dotted := strings.Cut(path, ".")
	list, ok := b.known[name]
	if !dotted || !ok || !list.IsList() {
		return list, notInContext(path)
	}
	values := make([]phpform.Value, list.Len())
	for i, e := range list.Entries() {
		if values[i], ok = walk(e.Value, field); !ok {
			return list, notInContext(path)
		}
	}
	return phpform.ListOf(values...), nil
}

// walk follows keys that are separated by dots.
func walk(v phpform.Value, path string) (phpform.Value, bool) {
	for key := range strings.SplitSeq(path, ".") {
		var ok bool
		if v, ok = v.Get(key); !ok {
			return v, false
		}
	}
	return v, true
}

func notInContext(path string) error {
	return dto.SelectFault("Path '" + path + "' not found in context")
}
