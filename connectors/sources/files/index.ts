/**
 * Reads CSV, JSON and Parquet files below a folder.
 * @module
 */
import { defineSource } from '../../sdk/define.js';
import { check } from './check.js';
import { type FilesConfig, config } from './config.js';
import { discover } from './discover.js';
import { preview } from './preview.js';
import { read } from './read.js';

export default defineSource<FilesConfig>({
  id: 'files',
  title: 'Files',
  stability: 'beta',
  config,
  cursor: 'source',
  check,
  discover,
  read,
  preview,
});
