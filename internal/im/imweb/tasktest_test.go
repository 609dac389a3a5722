package imweb_test

import "testing/fstest"

// taskPages stand in for the pages of tasks, which links in messages open.
var taskPages = fstest.MapFS{"task.tmpl": {Data: []byte(`<p id="task">Task {{.}}</p>`)}}
