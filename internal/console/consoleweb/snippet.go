package consoleweb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/phpform"
)

// snippet is a call written in a language.
type snippet struct {
	Title string
	Code  string
}

// The places of secrets in what is copied.
const (
	tokenPlace   = "ACCESS_TOKEN"
	webhookPlace = "SECRET"
)

// snippets writes a call for programs. Where its parameters are not whole JSON they are left empty.
func snippets(method, params, endpoint string, kind console.Kind, userID int64) []snippet {
	tree, err := paramsOf(params)
	if err != nil {
		tree = phpform.ListOf()
	}
	if method == "" {
		return nil
	}
	address := endpoint
	if kind == console.ByWebhook || kind == console.BySession {
		address += fmt.Sprintf("%d/%s/", userID, webhookPlace)
	} else {
		tree = phpform.ArrayOf(append(append([]phpform.Entry{}, tree.Entries()...), phpform.Entry{Key: "auth", Value: phpform.StringOf(tokenPlace)})...)
	}
	address += method + ".json"
	body := object(tree)
	plain, _ := paramsOf(params) // CRest and BX24 add the token themselves
	return []snippet{
		{"cURL", curlSnippet(address, body)},
		{"PHP", "<?php\nrequire_once 'crest.php';\n\n$answer = CRest::call('" + method + "', " + phpArray(plain, "") + ");\n"},
		{"BX24", "BX24.callMethod(" + quoted(method) + ", " + indented(object(plain)) + ", (result) => {\n  if (result.error()) console.error(result.error())\n  else console.log(result.data())\n})\n"},
		{"JavaScript", "const res = await fetch(" + quoted(address) + ", {\n  method: \"POST\",\n  headers: { \"Content-Type\": \"application/json\" },\n  body: JSON.stringify(" +
			strings.ReplaceAll(indented(body), "\n", "\n  ") + "),\n})\nconsole.log(await res.json())\n"},
		{"Go", goSnippet(address, body)},
	}
}

// object returns parameters as a JSON object, also where there are none.
func object(tree phpform.Value) []byte {
	if tree.Len() == 0 {
		return []byte("{}")
	}
	return phpform.AppendJSON(nil, tree)
}

func indented(raw []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

// indent returns JSON with a line for each value, and everything else as it is.
func indent(text string) string { return indented([]byte(text)) }

func quoted(s string) string {
	return string(phpform.AppendJSON(nil, phpform.StringOf(s)))
}

// shellQuote makes one word of a shell out of s.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func curlSnippet(address string, body []byte) string {
	return "curl -H 'Content-Type: application/json' \\\n  -d " + shellQuote(string(body)) + " \\\n  " + shellQuote(address) + "\n"
}

// phpArray writes a value in PHP.
func phpArray(v phpform.Value, margin string) string {
	switch {
	case v.IsNull():
		return "null"
	case !v.IsArray():
		if v.Kind() == phpform.Number || v.Kind() == phpform.Bool {
			return string(phpform.AppendJSON(nil, v))
		}
		return phpString(v.Text())
	case v.Len() == 0:
		return "[]"
	}
	var b strings.Builder
	b.WriteString("[\n")
	for _, e := range v.Entries() {
		b.WriteString(margin + "    ")
		if !v.IsList() {
			b.WriteString(phpString(e.Key) + " => ")
		}
		b.WriteString(phpArray(e.Value, margin+"    ") + ",\n")
	}
	b.WriteString(margin + "]")
	return b.String()
}

func phpString(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func goSnippet(address string, body []byte) string {
	text := "`" + indented(body) + "`"
	if bytes.IndexByte(body, '`') >= 0 {
		text = fmt.Sprintf("%q", body)
	}
	return `package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
)

func main() {
	body := strings.NewReader(` + text + `)
	res, err := http.Post(` + fmt.Sprintf("%q", address) + `, "application/json", body)
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	fmt.Println(string(answer), err)
}
`
}
