/**
 * Reads tables and views of a MySQL or MariaDB server.
 * @module
 */
import { defineSource } from '../../sdk/define.js';
import { check } from './check.js';
import { type MysqlSourceConfig, config } from './config.js';
import { discover } from './discover.js';
import { preview } from './preview.js';
import { read } from './read.js';
import { estimate } from './run-estimate.js';
import { readWindow } from './window.js';

export default defineSource<MysqlSourceConfig>({
  id: 'mysql',
  title: 'MySQL, MariaDB',
  stability: 'beta',
  config,
  check,
  discover,
  read,
  readWindow,
  preview,
  estimate,
});
