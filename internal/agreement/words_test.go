package agreement_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/portico-hq/portico/internal/agreement"
)

// TestTheStandardTextIsWhole fills in every language, with all fields and with the fewest.
func TestTheStandardTextIsWhole(t *testing.T) {
	t.Parallel()
	for _, l := range agreement.Languages() {
		full := standard()
		full.Language = l.Code
		least := full
		least.Fields = agreement.Fields{Company: full.Fields.Company, Email: full.Fields.Email}
		for what, c := range map[string]struct {
			words      agreement.Words
			paragraphs int
		}{"all": {full, 9}, "the fewest": {least, 8}} {
			v, err := agreement.Preview(c.words)
			if err != nil {
				t.Fatal(err)
			}
			all := v.Text + v.ShownLabel + v.ShownButton + v.Said("https://x.example/a")
			if strings.ContainsAny(all, "{}") || v.ShownButton == "" || !strings.Contains(v.ShownLabel, v.ShownButton) || !strings.Contains(v.ShownLabel, "Example Ltd.") {
				t.Errorf("%s, %s: %q %q %q", l.Code, what, v.ShownLabel, v.ShownButton, v.Text)
			}
			if got := strings.Count(v.Text, "\n\n") + 1; got != c.paragraphs {
				t.Errorf("%s, %s: %d paragraphs, want %d", l.Code, what, got, c.paragraphs)
			}
			for _, f := range []string{c.words.Fields.Company, c.words.Fields.Address, c.words.Fields.Purposes, c.words.Fields.Parties, c.words.Fields.Email} {
				if !strings.Contains(v.Text, f) {
					t.Errorf("%s, %s: %q is missing", l.Code, what, f)
				}
			}
			if said := v.Said("https://x.example/a"); !strings.Contains(said, "https://x.example/a") || !strings.Contains(said, "Privacy") {
				t.Errorf("%s: a client without buttons reads %q", l.Code, said)
			}
		}
	}
}

// TestReplace puts the words of an application into the place of the portal's own; what it puts there is not read again.
func TestReplace(t *testing.T) {
	t.Parallel()
	v, err := agreement.Preview(standard())
	if err != nil {
		t.Fatal(err)
	}
	a := agreement.Agreement{Version: v}
	label, text := a.Replaced(agreement.Fields{Company: "{EMAIL} & Sons", Parties: "nobody"}, "Yes")
	if !strings.HasPrefix(label, "By pressing “Yes” I agree that {EMAIL} & Sons processes") {
		t.Errorf("the label is %q", label)
	}
	for _, want := range []string{"I give {EMAIL} & Sons, 1 Example St", "passed on to: nobody.", "purposes: support.", "writing to info@example.com"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
	own := agreement.Words{Kind: agreement.Custom, Name: "Terms", HTML: "<p>Be kind, {COMPANY}</p>", Label: "I take them"}
	if v, err = agreement.Preview(own); err != nil {
		t.Fatal(err)
	}
	label, text = agreement.Agreement{Version: v}.Replaced(agreement.Fields{Company: "X"}, "Yes")
	if label != "I take them" || text != "<p>Be kind, {COMPANY}</p>" {
		t.Errorf("an own text is %q %q", label, text)
	}
}

func TestSafe(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"<h1>A</h1><p class=x onclick=y>b &amp;lt; <b>c</b>":  "<h2>A</h2><p>b &amp;lt; <b>c</b></p>",
		"<script>alert(1)</script>x":                          "x",
		"<svg><a href=https://e.example>y</a></svg>x":         "x",
		`<a href="javascript:alert(1)">x</a>`:                 "x",
		`<a href="java&#10;script:alert(1)">x</a>`:            "x",
		`<a href="//e.example">x</a>`:                         "x",
		`<a href="https://e.example/?a=1&amp;b=&quot;">x</a>`: `<a href="https://e.example/?a=1&amp;b=&#34;" rel="noopener noreferrer" target="_blank">x</a>`,
		`<a href=mailto:a@e.example>x`:                        `<a href="mailto:a@e.example" rel="noopener noreferrer" target="_blank">x</a>`,
		"<ul><li>a<li>b</ul></div></p>c":                      "<ul><li>a</li><li>b</li></ul>c",
		"<p>a<p>b<ul><li>c<ol><li>d</ol><li>e":                "<p>a</p><p>b<ul><li>c<ol><li>d</li></ol></li><li>e</li></ul></p>",
		"<img src=x onerror=y>":                               "",
		"<p> </p><br>":                                        "",
		"a<br/>b<hr>":                                         "a<br>b<hr>",
		"<table><tr><td>1":                                    "<table><tr><td>1</td></tr></table>",
		"Rock & roll < 3":                                     "Rock &amp; roll &lt; 3",
	} {
		if got := agreement.Safe(in); got != want {
			t.Errorf("%s\nis  %s\nnot %s", in, got, want)
		}
	}
}

// FuzzSafe looks for HTML that keeps what it must not, or is not the same when it is saved again.
func FuzzSafe(f *testing.F) {
	for _, seed := range []string{
		"<p>x", "<a href='https://e.example/%zz'>x", "<svg><style><a title='</style><img src=x onerror=y>'>", "<b><p></b></p>", "<math><mi><script>", "&lt;script&gt;x",
		"<p/onclick=x>y", "<a href=HTTPS://e.example>x</a>", "<textarea></p>x</textarea>y", "<!--><img src=x>-->z", "<plaintext><p>x", "</p>x<div>", "<a href=tel:+1>x",
	} {
		f.Add(seed)
	}
	allowed := map[string]bool{"html": true, "head": true, "body": true}
	for e := range strings.FieldsSeq("p br hr h2 h3 h4 ul ol li b strong i em u s sub sup blockquote a table thead tbody tr th td") {
		allowed[e] = true
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := agreement.Safe(in)
		if again := agreement.Safe(out); again != out {
			t.Errorf("%q\nbecomes %q\nthen    %q", in, out, again)
		}
		root, err := html.Parse(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			if n.Type == html.CommentNode || n.Type == html.ElementNode && !allowed[n.Data] {
				t.Errorf("%q keeps %q: %q", in, n.Data, out)
			}
			for _, a := range n.Attr {
				ok := a.Key == "rel" || a.Key == "target" || a.Key == "href" && (strings.HasPrefix(a.Val, "https://") || strings.HasPrefix(a.Val, "http://") || strings.HasPrefix(a.Val, "mailto:") || strings.HasPrefix(a.Val, "tel:"))
				if !ok || n.Data != "a" {
					t.Errorf("%q keeps %s=%q", in, a.Key, a.Val)
				}
			}
		}
	})
}
