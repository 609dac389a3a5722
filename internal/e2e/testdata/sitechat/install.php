<?php
require_once __DIR__ . '/crest.php';
if (($_REQUEST['event'] ?? '') == 'ONAPPINSTALL') {
    CRest::install($_REQUEST['auth']);
}
