package rest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/phpform"
)

// schema is a JSON schema or another object of the OpenAPI document.
type schema = map[string]any

// describeV3 makes the OpenAPI document of the registered methods of REST 3.0.
func (r *Registry) describeV3() (json.RawMessage, error) {
	d := document{schemas: commonSchemas()}
	paths, tags, seen := schema{}, []schema{}, map[string]bool{}
	for _, m := range r.MethodsV3() {
		tag, _, _ := strings.Cut(m.Name, ".")
		if !seen[tag] {
			seen[tag] = true
			tags = append(tags, schema{"name": tag, "description": tag + " module methods"})
		}
		paths["/"+m.Name] = schema{"post": d.operation(m, tag)}
	}
	out, err := json.Marshal(schema{
		"openapi": "3.0.0",
		"info":    schema{"title": "Portico REST V3 API", "version": "1.0.0"},
		"servers": []schema{{"url": "/rest/api"}},
		"tags":    tags,
		"paths":   paths,
		"components": schema{
			"schemas":         d.schemas,
			"securitySchemes": schema{"accessToken": schema{"type": "http", "scheme": "bearer"}},
		},
		"security": []schema{{"accessToken": []string{}}},
	})
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	return out, nil
}

// document collects the schemas that methods refer to.
type document struct{ schemas schema }

func (d *document) operation(m *Method, tag string) schema {
	op := schema{
		"operationId": m.Name, "tags": []string{tag}, "summary": m.Summary,
		"responses": schema{
			"200":     schema{"description": "The answer", "content": asJSON(d.answer(m))},
			"default": schema{"description": "What went wrong", "content": asJSON(reference("Error"))},
		},
	}
	if body, any := d.request(m); any {
		op["requestBody"] = schema{"content": asJSON(body)}
	}
	if m.Changes {
		op["parameters"] = []schema{{
			"name": keyHeader, "in": "header", "description": "Keeps a repeated call from doing it again.",
			"schema": schema{"type": "string", "minLength": 1, "maxLength": maxKey},
		}}
	}
	return op
}

func asJSON(s schema) schema { return schema{"application/json": schema{"schema": s}} }

func reference(name string) schema { return schema{"$ref": "#/components/schemas/" + name} }

func (d *document) answer(m *Method) schema {
	if m.rawBody {
		return schema{"type": "object"}
	}
	return schema{"type": "object", "properties": schema{"result": d.of(m.result, m.entity), "time": reference("Time")}}
}

// request describes the parameters of m; any is false where there are none.
func (d *document) request(m *Method) (s schema, any bool) {
	if m.params == reflect.TypeFor[AnyParams]() {
		return schema{"type": "array", "maxItems": maxBatch, "items": reference("BatchCall")}, true
	}
	s = d.params(m.params, m.entity)
	return s, m.params.NumField() > 0
}

// params describes a struct of parameters by its tags.
func (d *document) params(t reflect.Type, e *dto.Entity) schema {
	p, err := planOf(t)
	if err != nil {
		return schema{"type": "object"} // M has refused such a type
	}
	properties, required := schema{}, []string{}
	for _, f := range p {
		ft := t.Field(f.index).Type
		for ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		switch special := d.special(f.name, e); {
		case ft == valueType && special != nil:
			properties[f.name] = special
		case ft.Kind() == reflect.Struct && ft != valueType:
			properties[f.name] = d.params(ft, e)
		default:
			properties[f.name] = d.of(ft, nil)
		}
		if f.required {
			required = append(required, f.name)
		}
	}
	out := schema{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// special describes the parameters that all families share.
func (d *document) special(name string, e *dto.Entity) schema {
	switch name {
	case "select":
		return schema{"type": "array", "items": schema{"type": "string"}}
	case "filter":
		return reference("Filter")
	case "pagination":
		return reference("Pagination")
	case "cursor":
		return reference("Cursor")
	case "order":
		return schema{"type": "object", "additionalProperties": schema{"type": "string", "enum": []string{"ASC", "DESC"}}}
	case "fields":
		if e != nil {
			return d.entity(e)
		}
	}
	return nil
}

// of describes what a Go type becomes on the wire; e is the entity of dto.Object.
func (d *document) of(t reflect.Type, e *dto.Entity) schema {
	switch t {
	case valueType, reflect.TypeFor[json.RawMessage](), reflect.TypeFor[phpform.Value]():
		return schema{}
	case reflect.TypeFor[dto.Object]():
		if e != nil {
			return d.entity(e)
		}
		return schema{"type": "object"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.of(t.Elem(), e)
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return schema{"type": "integer", "format": "int64"}
	case reflect.Float64:
		return schema{"type": "number"}
	case reflect.Slice:
		return schema{"type": "array", "items": d.of(t.Elem(), e)}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": d.of(t.Elem(), e)}
	case reflect.Struct:
		return d.structure(t, e)
	}
	return schema{}
}

func (d *document) structure(t reflect.Type, e *dto.Entity) schema {
	properties := schema{}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			properties[name] = d.of(f.Type, e)
		}
	}
	return schema{"type": "object", "properties": properties}
}

// entity describes e once and refers to it.
func (d *document) entity(e *dto.Entity) schema {
	if d.schemas[e.Name] == nil {
		properties := schema{}
		d.schemas[e.Name] = schema{"type": "object", "properties": properties}
		for _, f := range e.Fields {
			properties[f.Name] = d.field(f)
		}
	}
	return reference(e.Name)
}

func (d *document) field(f dto.Field) schema {
	out := schema{}
	switch f.Type {
	case dto.Int:
		out["type"], out["format"] = "integer", "int64"
	case dto.Float:
		out["type"] = "number"
	case dto.Bool:
		out["type"] = "boolean"
	case dto.Time:
		out["type"], out["format"] = "string", "date-time"
	case dto.List:
		out["type"], out["items"] = "array", schema{}
	case dto.Related:
		return d.entity(f.Related)
	default:
		out["type"] = "string"
	}
	if f.Description != "" {
		out["description"] = f.Description
	}
	return out
}

// commonSchemas are those of the protocol.
func commonSchemas() schema {
	number, text := schema{"type": "number"}, schema{"type": "string"}
	count := schema{"type": "integer", "minimum": 0}
	return schema{
		"Error": schema{"type": "object", "properties": schema{"error": schema{
			"type": "object", "required": []string{"code", "message"},
			"properties": schema{
				"code": text, "message": text,
				"validation": schema{"type": "array", "items": schema{
					"type": "object", "properties": schema{"field": text, "message": text},
				}},
			},
		}}},
		"Time": schema{"type": "object", "properties": schema{
			"start": number, "finish": number, "duration": number, "processing": number,
			"date_start": text, "date_finish": text, "operating_reset_at": number, "operating": number,
		}},
		"Filter": schema{"type": "array", "items": schema{"oneOf": []schema{
			{"type": "array", "minItems": 2, "maxItems": 3, "items": schema{}},
			{"type": "object", "required": []string{"conditions"}, "properties": schema{
				"logic":      schema{"type": "string", "enum": []string{"and", "or"}},
				"negative":   schema{"type": "boolean"},
				"conditions": reference("Filter"),
			}},
		}}},
		"Pagination": schema{"type": "object", "properties": schema{"page": count, "limit": count, "offset": count}},
		"Cursor": schema{"type": "object", "properties": schema{
			"field": text, "value": schema{}, "limit": count, "order": schema{"type": "string", "enum": []string{"ASC", "DESC"}},
		}},
		"BatchCall": schema{"type": "object", "required": []string{"method"}, "properties": schema{
			"method": text, "query": schema{"type": "object"}, "as": text,
		}},
	}
}
