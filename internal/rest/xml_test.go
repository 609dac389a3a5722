package rest_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// sendXML returns the answer as it is on the wire, after checking that it is well-formed.
func sendXML(t *testing.T, h http.Handler, q request) (int, string) {
	t.Helper()
	r := httptest.NewRequest(q.method, q.path, strings.NewReader(q.body))
	r.Header.Set("Content-Type", q.kind)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if kind := w.Header().Get("Content-Type"); kind != "text/xml; charset=utf-8" {
		t.Errorf("%s: content type %q", q.path, kind)
	}
	if err := wellFormed(w.Body.String()); err != nil {
		t.Errorf("%s: %v\n%s", q.path, err, w.Body)
	}
	return w.Code, w.Body.String()
}

func wellFormed(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

const xmlHead = `<?xml version="1.0" ?>` + "\n<response>"

func TestXML(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	const clock = `<time><start>1795424400.5</start><finish>1795424400.5</finish><duration>0</duration><processing>0</processing>` +
		`<date_start>2026-11-23T09:00:00+00:00</date_start><date_finish>2026-11-23T09:00:00+00:00</date_finish>` +
		`<operating_reset_at>1795425000</operating_reset_at><operating>0</operating></time>`
	for path, want := range map[string]string{
		"/rest/test.echo.xml": `<result><text>&lt;a&gt; &amp;</text><count>0</count><yes></yes>` +
			`<ids><item>1</item><item>2</item></ids><user>7</user></result>` + clock,
		"//rest//test.echo.XML/": `<result><text>&lt;a&gt; &amp;</text><count>0</count><yes></yes>` +
			`<ids><item>1</item><item>2</item></ids><user>7</user></result>` + clock,
		"/rest/test.page.xml": `<result><item>1</item><item>2</item></result><next>2</next><total>9</total>` + clock,
		"/rest/test.null.xml": `<result></result>` + clock,
	} {
		status, got := sendXML(t, h, post(path, "TEXT=<a>+%26&IDS[]=1&IDS[]=2&auth=app.token"))
		if status != http.StatusOK || got != xmlHead+want+"</response>\n" {
			t.Errorf("%s: %d\n got %s\nwant %s", path, status, got, want)
		}
	}
}

func TestXMLOfErrors(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	for path, want := range map[string]string{
		"/rest/test.fault.xml": `<error>BOT_ID_ERROR</error><error_description>Bot &#34;x&#34; not found</error_description>`,
		"/rest/test.echo.xml": `<error>ERROR_ARGUMENT</error><error_description>Argument &#39;TEXT&#39; is null or empty</error_description>` +
			`<argument>TEXT</argument>`,
		"/rest/no.such.Xml":      `<error>ERROR_METHOD_NOT_FOUND</error><error_description>Method not found!</error_description>`,
		"/rest/a/b/c/d/test.xml": `<error>ERROR_METHOD_NOT_FOUND</error><error_description>Method not found!</error_description>`,
	} {
		status, got := sendXML(t, h, post(path, "auth=app.token"))
		if status == http.StatusOK || got != xmlHead+want+"</response>\n" {
			t.Errorf("%s: %d %s, want %s", path, status, got, want)
		}
	}
	if status, _ := sendXML(t, h, post("/rest/5/secret/test.task.xml", "")); status != http.StatusForbidden {
		t.Errorf("a webhook without the scope: %d", status)
	}
}

// TestXMLOfBatch has names that are no names of elements: they stand in an attribute.
func TestXMLOfBatch(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	const cmd = `{"get_user":"test.page.xml","7":"test.page?start=2","a b<":"test.page?start=$result[get_user][0]","":"no.such","é":"test.null"}`
	_, got := sendXML(t, h, postJSON("/rest/batch.xml", `{"auth":"app.token","cmd":`+cmd+`}`))
	const want = xmlHead + `<result><result><get_user><item>1</item><item>2</item></get_user><item key="7"><item>3</item><item>4</item></item>` +
		`<item key="a b&lt;"><item>2</item><item>3</item></item><item key="é"></item></result>` +
		`<result_error><item key=""><error>ERROR_METHOD_NOT_FOUND</error><error_description>Method not found!</error_description></item></result_error>` +
		`<result_total><get_user>9</get_user>`
	if !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestXMLIsWellFormedForEveryCharacter sends what XML cannot hold.
func TestXMLIsWellFormedForEveryCharacter(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	var text strings.Builder
	text.WriteString("\ufffe\uffff\U0001F600]]>\u2028\r\n\t")
	for c := rune(1); c < 0xa0; c++ {
		text.WriteRune(c)
	}
	_, got := sendXML(t, h, post("/rest/test.echo.xml", "auth=app.token&TEXT="+url.QueryEscape(text.String())))
	if !strings.Contains(got, "<text>\ufffd\ufffd\U0001F600]]&gt;\u2028&#xD;&#xA;&#x9;\ufffd") {
		t.Errorf("got %q", got)
	}
}
