package fileweb

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/web"
)

// searchText says by what a file is found.
func (h pages) searchText(ctx context.Context, n file.Node) (string, error) {
	state, reason, err := h.files.TextOf(ctx, n)
	if err != nil {
		return "", err
	}
	switch state {
	case file.TextWaits, file.TextReading:
		return "Its text is being read: until then a search finds it by its name.", nil
	case file.TextRead:
		return "A search finds it by its name and by its text.", nil
	case file.TextFailed:
		return "A search finds it by its name, not by its text. " + reason, nil
	case file.TextNone, file.TextNever:
	}
	return "A search finds it by its name.", nil
}

// textsView is how far the documents of the portal are read.
type textsView struct {
	file.TextCounts

	All int64
}

// Percent is how many of a hundred documents are done.
func (v textsView) Percent() int64 {
	if v.All == 0 {
		return 100
	}
	return (v.All - v.Waiting) * 100 / v.All
}

func (h pages) texts(ctx context.Context) (v textsView, err error) {
	v.TextCounts, err = h.files.TextCounts(ctx)
	v.All = v.Waiting + v.Read + v.None + v.Failed
	return v, err
}

// retryTexts has the documents read again that could not be.
func (h pages) retryTexts(ctx context.Context, r *web.Request) (web.Result, error) {
	n, err := h.files.RetryTexts(ctx, actor(r))
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: settingweb.FilesURL, Toast: strconv.FormatInt(n, 10) + " documents are read once more"}, nil
}
