package filerest

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// searchParams are the parameters of disk.file.search.
type searchParams struct {
	Query  phpform.Value `b24:"QUERY,needed"`
	Type   *string       `b24:"TYPE"`
	Filter phpform.Value `b24:"FILTER"`
	Start  int64         `b24:"start"`
}

// The faults of a search.
var (
	errNoQuery     = fault.New(fault.Invalid, "ERROR_ARGUMENT", "Invalid value of parameter { Parameter #0 [ <required> $QUERY ] }.")
	errQuery       = fault.New(fault.Invalid, "INVALID_QUERY", "Search query is invalid. (INVALID_QUERY).")
	errSearchType  = fault.New(fault.Invalid, "INVALID_TYPE", "Search result type is invalid. (INVALID_TYPE).")
	errSearchField = fault.New(fault.Invalid, "INVALID_FILTER", "Search filter contains an unknown field. (INVALID_FILTER).")
	errSearchScope = fault.New(fault.Invalid, "NOT_FOUND", "Search scope was not found. (NOT_FOUND).")
	errSearchChat  = fault.New(fault.Invalid, "UNSUPPORTED_STORAGE", "Search is not supported for this storage. (UNSUPPORTED_STORAGE).")
)

// fileSearch finds files and folders by the words of their names: api-reference/disk/file/disk-file-search.md.
func (h handlers) fileSearch(ctx context.Context, c *rest.Call, p searchParams) (out rest.Uncounted[phpform.Value], err error) {
	q, err := p.search()
	if err != nil {
		return out, err
	}
	if err := p.scope(&q); err != nil {
		return out, err
	}
	if q.StorageID != 0 {
		t, err := h.files.Storage(ctx, actorOf(c), q.StorageID)
		if err == nil && t.Type == file.OfChat {
			return out, errSearchChat
		}
		if err != nil && !errors.Is(err, file.ErrNotFound) && !errors.Is(err, file.ErrAccess) {
			return out, err
		}
	}
	page, err := h.files.Search(ctx, actorOf(c), q)
	if errors.Is(err, file.ErrScope) {
		return out, errSearchScope
	}
	out.Items, out.Next = h.objects(c, page.Items), page.Next
	return out, err
}

// scope reads where is to be searched.
func (p searchParams) scope(q *file.Search) error {
	if p.Filter.IsNull() {
		return nil
	}
	if !p.Filter.IsArray() {
		return errSearchScope
	}
	for _, e := range p.Filter.Entries() {
		id, ok := e.Value.Int()
		switch strings.ToUpper(e.Key) {
		case "STORAGE_ID":
			q.StorageID = id
		case "FOLDER_ID":
			q.FolderID = id
		default:
			return errSearchField
		}
		if !ok || id <= 0 {
			return errSearchScope
		}
	}
	return nil
}

// search reads what the method is asked for.
func (p searchParams) search() (q file.Search, err error) {
	if p.Query.Kind() == phpform.Null {
		return q, errNoQuery
	}
	q.Text = strings.Join(strings.Fields(p.Query.Text()), " ")
	if n := utf8.RuneCountInString(q.Text); p.Query.IsArray() || n < 3 || n > 255 {
		return q, errQuery
	}
	if p.Type != nil {
		kinds := map[string]file.Kinds{"file": file.OnlyFiles, "folder": file.OnlyFolders, "all": file.FilesAndFolders}
		k, ok := kinds[*p.Type]
		if !ok {
			return q, errSearchType
		}
		q.Kinds = k
	}
	q.Start = p.Start
	return q, nil
}
